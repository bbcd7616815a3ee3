package facts

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// writeCaches are those of the block devices that have a device of their own below
// them, and so are none that the kernel makes up: "nvme0n1: write back, sda: write
// through". What lies below a directory is kept by directory, see results.Run.
func writeCaches(root string) string {
	var all []string
	paths, _ := filepath.Glob(filepath.Join(root, "sys/block/*/device"))
	for _, device := range paths {
		disk := filepath.Dir(device)
		if mode, err := os.ReadFile(filepath.Join(disk, "queue/write_cache")); err == nil {
			all = append(all, filepath.Base(disk)+": "+strings.TrimSpace(string(mode)))
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
