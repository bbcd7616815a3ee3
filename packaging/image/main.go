// Command image makes a container image of one layer: nothing but what is in an archive,
// with ipcbench as the program to run. It writes the archive that "docker load" and
// "podman load" read, the same to the byte for the same input.
package main

import (
	"flag"
	"log"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("image: ")
	arch := flag.String("arch", "", "the architecture, as Go calls it")
	version := flag.String("version", "", "of ipcbench, a label and the image's tag")
	created := flag.String("created", "", "when, as in RFC 3339")
	root := flag.String("root", "", "a tar file of everything in it")
	out := flag.String("o", "", "the file to write")
	flag.Parse()
	if err := write(*out, *root, *arch, *version, *created); err != nil {
		log.Fatal(err)
	}
}

func write(out, root, arch, version, created string) error {
	at, err := time.Parse(time.RFC3339, created)
	if err != nil {
		return err
	}
	layer, err := tarball.LayerFromFile(root)
	if err != nil {
		return err
	}
	image, err := mutate.Append(empty.Image, mutate.Addendum{Layer: layer, History: v1.History{Created: v1.Time{Time: at}, CreatedBy: "make dist"}})
	if err != nil {
		return err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Created = "linux", arch, v1.Time{Time: at}
	file.Config = v1.Config{
		Entrypoint: []string{"/usr/bin/ipcbench"},
		WorkingDir: "/work",
		Labels: map[string]string{
			"org.opencontainers.image.title":    "ipcbench",
			"org.opencontainers.image.version":  version,
			"org.opencontainers.image.licenses": "MIT",
		},
	}
	if image, err = mutate.ConfigFile(image, file); err != nil {
		return err
	}
	// A tag has no "+" and no "~".
	tag, err := name.NewTag("ipcbench:" + tagOf(version))
	if err != nil {
		return err
	}
	return tarball.WriteToFile(out, tag, image)
}

func tagOf(version string) string {
	tag := []byte(version)
	for i, c := range tag {
		if c == '+' || c == '~' {
			tag[i] = '-'
		}
	}
	return string(tag)
}
