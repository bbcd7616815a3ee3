package profile

import (
	"bytes"
	"cmp"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A mapping is a part of a process's memory that holds code.
type mapping struct {
	from, to, offset uint64
	path             string // of its file, or "[vdso]"; "": of none
}

// A process tells the functions of addresses in one, by what was mapped when it was
// looked at.
type process struct {
	pid      int
	mappings []mapping // by address
}

func processOf(pid int) *process {
	return &process{pid, mappingsOf(fmt.Sprintf("/proc/%d/maps", pid))}
}

// mappingsOf reads the executable ones; see proc_pid_maps(5).
func mappingsOf(path string) []mapping {
	text, _ := os.ReadFile(path)
	var all []mapping
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 5 || !strings.Contains(fields[1], "x") {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		m := mapping{from: hex(from), to: hex(to), offset: hex(fields[2])}
		if len(fields) > 5 {
			m.path = strings.Join(fields[5:], " ")
		}
		all = append(all, m)
	}
	return all
}

func hex(text string) uint64 {
	n, _ := strconv.ParseUint(text, 16, 64)
	return n
}

// vdso is how /proc calls the code that the kernel lends every process.
const vdso = "[vdso]"

func (p *process) mappingOf(address uint64) (mapping, bool) {
	for _, m := range p.mappings {
		if address >= m.from && address < m.to {
			return m, true
		}
	}
	return mapping{}, false
}

// A frame is a function that was being executed, where, and what it is a part of.
type frame struct {
	function string
	file     string
	line     int
	of       string // a module of the kernel, a file, "[vdso]"
}

// frames are the functions that an address of the process is in: several where one was
// inlined into the other, the innermost first.
func (p *process) frames(address uint64) []frame {
	m, known := p.mappingOf(address)
	if !known {
		return []frame{{function: fmt.Sprintf("%#x", address), of: "[unknown]"}}
	}
	if ours := own(); m.path == ours.path && m.offset == ours.offset {
		if all := goFrames(address - m.from + ours.from); len(all) > 0 {
			for i := range all {
				all[i].of = m.path
			}
			return all
		}
	}
	if name := tableOf(p.pid, m).find(address - m.from + m.offset); name != "" {
		return []frame{{function: name, of: m.path}}
	}
	return []frame{{function: "[" + filepath.Base(cmp.Or(strings.Trim(m.path, "[]"), "anonymous memory")) + "]", of: cmp.Or(m.path, "[anonymous]")}}
}

// own is this program's code: workers are the same program.
var own = sync.OnceValue(func() mapping {
	here := uint64(reflect.ValueOf(processOf).Pointer())
	for _, m := range mappingsOf("/proc/self/maps") {
		if here >= m.from && here < m.to {
			return m
		}
	}
	return mapping{}
})

// goFrames are what Go's own tables say of an address in this program.
func goFrames(pc uint64) []frame {
	var all []frame
	frames := runtime.CallersFrames([]uintptr{uintptr(pc) + 1}) // it takes them for where a call returns to
	for {
		f, more := frames.Next()
		if f.Function != "" {
			all = append(all, frame{function: f.Function, file: f.File, line: f.Line})
		}
		if !more {
			return all
		}
	}
}

// A table is the functions of an ELF file, by where they lie in it.
type table []elfSymbol

type elfSymbol struct {
	offset, size uint64
	name         string
}

func (t table) find(offset uint64) string {
	i, exact := slices.BinarySearchFunc(t, offset, func(s elfSymbol, at uint64) int { return cmp.Compare(s.offset, at) })
	if !exact {
		i--
	}
	if i < 0 || t[i].size > 0 && offset >= t[i].offset+t[i].size {
		return ""
	}
	return t[i].name
}

var tables sync.Map // of table, by mapping.path

// tableOf reads that of a mapping's file, once.
func tableOf(pid int, m mapping) table {
	if known, has := tables.Load(m.path); has {
		return known.(table)
	}
	t := readTable(pid, m)
	tables.Store(m.path, t)
	return t
}

// readTable reads the symbols of a file that a process has mapped, as that process sees
// it, or of the vDSO, which is in no file but in our own memory as well.
func readTable(pid int, m mapping) table {
	var file *elf.File
	var err error
	if m.path == vdso {
		file, err = elf.NewFile(bytes.NewReader(ownVDSO()))
	} else {
		file, err = elf.Open(fmt.Sprintf("/proc/%d/root%s", pid, m.path))
		if err != nil {
			file, err = elf.Open(m.path) // the process is gone
		}
	}
	if err != nil {
		return nil
	}
	defer file.Close()
	symbols, _ := file.Symbols()
	dynamic, _ := file.DynamicSymbols()
	var t table
	for _, s := range append(symbols, dynamic...) {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Value != 0 {
			t = append(t, elfSymbol{offsetOf(file, s.Value), s.Size, s.Name})
		}
	}
	slices.SortStableFunc(t, func(a, b elfSymbol) int { return cmp.Compare(a.offset, b.offset) })
	return t
}

// offsetOf is where in its file an address lies.
func offsetOf(file *elf.File, address uint64) uint64 {
	for _, p := range file.Progs {
		if p.Type == elf.PT_LOAD && address >= p.Vaddr && address < p.Vaddr+p.Memsz {
			return address - p.Vaddr + p.Off
		}
	}
	return address
}

// ownVDSO is a copy of it.
func ownVDSO() []byte {
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		return nil
	}
	defer memory.Close()
	for _, m := range mappingsOf("/proc/self/maps") {
		if m.path == vdso {
			image := make([]byte, m.to-m.from)
			n, _ := memory.ReadAt(image, int64(m.from))
			return image[:n]
		}
	}
	return nil
}
