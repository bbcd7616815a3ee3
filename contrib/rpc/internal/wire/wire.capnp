# The same as wire.proto, in the language of Cap'n Proto. An interface of its has calls, and
# no streams in both directions.
using Go = import "/go.capnp";
@0xb3d1a7c2f4e59860;
$Go.package("wire");
$Go.import("ipcbench/contrib/rpc/internal/wire");

interface Caller {
  call @0 (data :Data) -> (data :Data);
}
