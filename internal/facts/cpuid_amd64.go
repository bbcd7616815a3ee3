package facts

// hypervisorID is the signature by which a hypervisor shows itself to this
// processor: "KVMKVMKVM", "TCGTCGTCGTCG"; "" without one. A machine that is
// described by files elsewhere has none that could be asked.
func hypervisorID(root string) string {
	if _, _, features, _ := cpuid(1); root != "/" || features>>31 == 0 { // the bit that processors leave to hypervisors
		return ""
	}
	_, b, c, d := cpuid(0x40000000)
	var id []byte
	for _, register := range []uint32{b, c, d} {
		for ; register != 0; register >>= 8 {
			id = append(id, byte(register))
		}
	}
	return string(id)
}

// cpuid executes the instruction CPUID for a leaf.
func cpuid(leaf uint32) (a, b, c, d uint32)
