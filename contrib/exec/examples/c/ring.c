/* The ring of ring.h as both ends of exec:. Build it with "cc -O2 -I../.. -o ring ring.c", and
 *
 *     ipcbench-contrib run 'exec:./ring,wait=spin' mmap:wait=spin
 */
#include "ipcbench.h"
#include "ring.h"

int main(void)
{
	struct ipcbench *b = ipcbench_open();
	struct ring r = ring_open(strcat(b->dir, "/ring"), b->size, b->producer);
	r.yields = !strcmp(b->wait, "yield");
	return ipcbench_run(b, ring_put, ring_get, &r);
}
