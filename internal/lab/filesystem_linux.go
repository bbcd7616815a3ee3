package lab

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ipcbench/internal/host"
)

// A Filesystem is one to be made anew and mounted.
type Filesystem struct {
	Type    string   // "ext4", one of Types
	Size    int64    // bytes; 0: DefaultSize. What has no bound, as ramfs, takes none
	Mkfs    []string // words for mkfs, which go after its own: "-O", "^has_journal"
	Options string   // those of mount, separated by commas: "data=journal"
	Image   string   // the directory on whose filesystem the image is to lie; "": in memory
	Device  string   // a block device, which is overwritten, instead of an image
	Destroy bool     // what is on Device may be lost
}

// DefaultSize is the size of a filesystem of which none is said, in bytes. An image in
// memory takes as much as is written to it.
const DefaultSize = 1 << 30

// Types returns the types of filesystem that can be asked for.
func Types() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// ParseFilesystem reads the short form, a type and its options: "ext4",
// "ext4:^has_journal,data=journal", "tmpfs:huge=always". An option that is a feature of
// the filesystem, which a table says, goes to mkfs, and any other to mount.
func ParseFilesystem(text string) (Filesystem, error) {
	name, options, hasOptions := strings.Cut(text, ":")
	f := Filesystem{Type: name}
	k, err := f.kind()
	if err != nil {
		return Filesystem{}, err
	}
	if hasOptions && options == "" {
		return Filesystem{}, fmt.Errorf("filesystem %q: no options after the colon", text)
	}
	var mount []string
	features := map[string][]string{}
	for _, option := range strings.FieldsFunc(options, func(r rune) bool { return r == ',' }) {
		key, _, _ := strings.Cut(strings.TrimPrefix(option, "^"), "=")
		switch flag, isFeature := k.features()[key]; {
		case isFeature:
			features[flag] = append(features[flag], option)
		case strings.HasPrefix(option, "^"):
			return Filesystem{}, fmt.Errorf("filesystem %q: %s has no feature %q: %s", text, name, key, k.choice())
		default:
			mount = append(mount, option)
		}
	}
	for _, flag := range slices.Sorted(maps.Keys(features)) {
		f.Mkfs = append(f.Mkfs, flag, strings.Join(features[flag], ","))
	}
	f.Options = strings.Join(mount, ",")
	return f, nil
}

// String is the short form: a name for a variant, without its size and its place.
func (f Filesystem) String() string {
	k, _ := f.kind()
	var options []string
	isFlag := slices.Collect(maps.Values(k.features()))
	for _, word := range f.Mkfs {
		if !slices.Contains(isFlag, word) {
			options = append(options, word)
		}
	}
	if f.Options != "" {
		options = append(options, f.Options)
	}
	if len(options) == 0 {
		return f.Type
	}
	return f.Type + ":" + strings.Join(options, ",")
}

// Facts are what numbers on this filesystem depend on, by names that begin with
// "filesystem". Where the image lies is among them, and on what: a disk's filesystem
// keeps a journal of it too. A size is in bytes.
func (f Filesystem) Facts() map[string]string {
	facts := map[string]string{"filesystem": f.Type, "filesystem_options": f.Options}
	k, err := f.kind()
	if err != nil {
		return facts
	}
	if k.maker != nil {
		facts["filesystem_mkfs"] = strings.Join(append([]string{k.maker.program}, f.mkfsWords(k)...), " ")
		facts["filesystem_on"] = f.place()
	}
	if k.maker != nil && f.Device == "" || k.sized && !f.saysSize() {
		facts["filesystem_size"] = fmt.Sprint(f.size())
	}
	return facts
}

// Steps is what Mount would do at a directory, in words.
func (f Filesystem) Steps(at string) []string {
	k, err := f.kind()
	if err != nil {
		return nil
	}
	var steps []string
	source := f.Type
	if k.layers {
		steps = append(steps, "mount an own tmpfs for the layers at "+at)
	}
	if k.maker != nil {
		source = f.Device
		if source == "" {
			source = "/dev/loopN"
			steps = append(steps, fmt.Sprintf("make a file of %d MiB without a name, %s, and attach it to a loop device", f.size()>>20, f.place()))
		}
		steps = append(steps, strings.Join(append(append([]string{k.maker.program}, f.mkfsWords(k)...), source), " "))
	}
	mount := "mount -t " + f.Type
	if options := f.mountOptions(k); len(options) > 0 {
		mount += " -o " + strings.Join(options, ",")
	}
	return append(steps, fmt.Sprintf("%s %s %s, in a private mount namespace", mount, source, at))
}

// place is where the filesystem's blocks lie, in words.
func (f Filesystem) place() string {
	switch {
	case f.Device != "":
		return "on " + f.Device
	case f.Image != "":
		place := "on the filesystem of " + f.Image
		if mount, err := host.MountOf(f.Image); err == nil {
			place += ", " + mount.FSType
		}
		return place
	default:
		return "in memory"
	}
}

// TakesSize says whether such a filesystem has a size that can be chosen.
func (f Filesystem) TakesSize() bool {
	k, err := f.kind()
	return err == nil && f.Device == "" && (k.maker != nil || k.sized)
}

// TakesImage says whether it lies in an image, whose directory can be chosen.
func (f Filesystem) TakesImage() bool {
	k, err := f.kind()
	return err == nil && f.Device == "" && k.maker != nil
}

func (f Filesystem) size() int64 {
	if f.Size == 0 {
		return DefaultSize
	}
	return f.Size
}

// volumeLabel is the label of the filesystems that are made here: a device with one
// may be overwritten again.
const volumeLabel = "ipcbench"

func (f Filesystem) mkfsWords(k kind) []string {
	line := slices.Clone(k.maker.words)
	if f.Device == "" {
		line = append(line, k.maker.keep...)
	}
	return append(append(line, f.Mkfs...), k.maker.label, volumeLabel)
}

// saysSize is whether the user's options of mount have a size.
func (f Filesystem) saysSize() bool { return strings.Contains(","+f.Options, ",size=") }

// mountOptions are those of the user, after the size where that is one.
func (f Filesystem) mountOptions(k kind) []string {
	var options []string
	if k.sized && !f.saysSize() {
		options = append(options, fmt.Sprintf("size=%d", f.size()))
	}
	if f.Options != "" {
		options = append(options, strings.Split(f.Options, ",")...)
	}
	return options
}

// kind looks up the type.
func (f Filesystem) kind() (kind, error) {
	for _, k := range kinds {
		if k.name == f.Type {
			return k, nil
		}
	}
	return kind{}, fmt.Errorf("filesystem %q: no such type: choose among %s", f.Type, strings.Join(Types(), ", "))
}

// features says which of its options mkfs takes, and by which flag.
func (k kind) features() map[string]string {
	if k.maker == nil {
		return nil
	}
	return k.maker.features
}

func (k kind) choice() string {
	if len(k.features()) == 0 {
		return "it has none"
	}
	return "choose among " + strings.Join(slices.Sorted(maps.Keys(k.features())), ", ")
}
