package bucket_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// A service is a server of objects on loopback, and how it behaves.
type service struct {
	mu     sync.Mutex
	behave func(w http.ResponseWriter, r *http.Request, n int) (answered bool) // of the n-th request that puts an object
	puts   int
	scheme string
	forget func(w http.ResponseWriter) // acknowledges an object that it does not keep
}

// kinds are the services that there are, each with what starts it and returns the URL of a
// store in it.
var kinds = []struct {
	name  string
	start func(t *testing.T) (*service, string)
}{{"S3", start}, {"Google", startGoogle}, {"Azure", startAzure}}

// eachService runs a test with each service that is at hand.
func eachService(t *testing.T, test func(t *testing.T, s *service, url string)) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			s, at := kind.start(t)
			test(t, s, at)
		})
	}
}

// before is a server before another one: it behaves as the service is told to.
func (s *service) before(t *testing.T, behind http.Handler) (at string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		n := 0
		if r.Method == http.MethodPut || r.Method == http.MethodPost {
			s.puts++
			n = s.puts
		}
		behave := s.behave
		s.mu.Unlock()
		if behave == nil || !behave(w, r, n) {
			behind.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	setenv(t, map[string]string{"XDG_CACHE_HOME": t.TempDir(), "HOME": t.TempDir()})
	return server.URL
}

func setenv(t *testing.T, values map[string]string) {
	for name, value := range values {
		t.Setenv(name, value)
	}
}

// start starts S3 with a bucket.
func start(t *testing.T) (*service, string) {
	t.Helper()
	back := s3mem.New()
	if err := back.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	s := &service{scheme: "s3", forget: func(w http.ResponseWriter) {
		w.Header().Set("ETag", `"d41d8cd98f00b204e9800998ecf8427e"`)
	}}
	at := s.before(t, gofakes3.New(back, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	setenv(t, map[string]string{
		"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-central-1",
		"AWS_ENDPOINT_URL_S3": at, "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
	})
	return s, "s3://bucket/night?use_path_style=true"
}

// startGoogle starts fake-gcs-server with a bucket.
func startGoogle(t *testing.T) (*service, string) {
	t.Helper()
	program := os.Getenv("FAKE_GCS")
	if program == "" {
		t.Skip("FAKE_GCS names no program fake-gcs-server: go install github.com/fsouza/fake-gcs-server@latest")
	}
	data := t.TempDir()
	if err := os.Mkdir(filepath.Join(data, "bucket"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, behind := serve(t, func(port string) *exec.Cmd {
		return exec.Command(program, "-backend", "memory", "-data", data, "-scheme", "http", "-host", "127.0.0.1", "-port", port, "-public-host", "127.0.0.1:"+port, "-log-level", "error")
	})
	s := &service{scheme: "gs", forget: func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"kind": "storage#object", "bucket": "bucket", "name": "forgotten", "generation": "1"}`))
	}}
	front, err := url.Parse(s.before(t, behind))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("STORAGE_EMULATOR_HOST", front.Host)
	return s, "gs://bucket/night?anonymous=true"
}

// startAzure starts Azurite with a container.
func startAzure(t *testing.T) (*service, string) {
	t.Helper()
	modules := os.Getenv("AZURITE")
	if modules == "" {
		t.Skip("AZURITE names no directory in which npm has installed azurite")
	}
	port, behind := serve(t, func(port string) *exec.Cmd {
		return exec.Command("node", filepath.Join(modules, "node_modules/.bin/azurite-blob"), "--blobPort", port, "--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry")
	})
	// Whoever has Azurite has this account.
	const account, key = "devstoreaccount1", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
	credential, err := azblob.NewSharedKeyCredential(account, key)
	if err != nil {
		t.Fatal(err)
	}
	client, err := azblob.NewClientWithSharedKeyCredential("http://127.0.0.1:"+port+"/"+account, credential, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateContainer(t.Context(), "container", nil); err != nil {
		t.Fatal(err)
	}
	s := &service{scheme: "azblob", forget: func(w http.ResponseWriter) {
		w.Header().Set("ETag", `"0x1"`)
		w.WriteHeader(http.StatusCreated)
	}}
	front := strings.TrimPrefix(s.before(t, behind), "http://")
	setenv(t, map[string]string{"AZURE_STORAGE_ACCOUNT": account, "AZURE_STORAGE_KEY": key})
	return s, "azblob://container/night?protocol=http&domain=" + front
}

// serve starts a program that listens on a port of loopback, and waits until it does.
func serve(t *testing.T, command func(port string) *exec.Cmd) (port string, behind http.Handler) {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := free.Addr().String()
	free.Close()
	_, port, _ = net.SplitHostPort(at)
	c := command(port)
	c.Dir, c.Stderr = t.TempDir(), os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		connection, err := net.Dial("tcp", at)
		if err == nil {
			connection.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", c, err)
		}
	}
	return port, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: at}) }}
}
