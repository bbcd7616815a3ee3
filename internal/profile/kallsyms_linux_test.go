package profile

import (
	"errors"
	"strings"
	"testing"
)

func TestAnAddressIsOfTheFunctionBeforeIt(t *testing.T) {
	k, err := readKernel(strings.NewReader(`ffffffff81000000 T _stext
ffffffff81000000 T __first
ffffffff81000100 t local
ffffffff81000100 T global_name
ffffffff81000180 d data
ffffffffc0000000 t queue_rq	[virtio_blk]
`))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[uint64]string{
		0xffffffff81000000: "_stext", 0xffffffff810000ff: "_stext", 0xffffffff81000101: "global_name",
		0xffffffff810001ff: "global_name", 0xffffffffc0000010: "queue_rq[virtio_blk]", 0x1000: "",
	} {
		s, _ := k.find(address)
		got := s.name
		if s.module != "" {
			got += "[" + s.module + "]"
		}
		if got != want {
			t.Errorf("%#x is in %q instead of %q", address, got, want)
		}
	}
}

func TestAKernelThatHidesItsAddressesSaysWhatToDo(t *testing.T) {
	_, err := readKernel(strings.NewReader("0000000000000000 T _stext\n"))
	if !errors.Is(err, errNoNames) {
		t.Errorf("%v", err)
	}
}
