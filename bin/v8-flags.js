import { setFlagsFromString } from "node:v8";

// How V8 is to keep a process of Tidewire. Measured on calls and deliveries; docs/PERFORMANCE.md has the figures.

// What a start makes, it keeps. V8 would let its nursery grow for that by 60 MB that it never gives back, to no use: it grows
// once there are calls to serve (src/heap.ts).
setFlagsFromString("--semi-space-growth-factor=1");
// The parser of undici is WebAssembly. After the first few answers V8 would compile it anew, with 10 MB that stay: that can wait
// until there are some hundreds.
setFlagsFromString("--wasm-tiering-budget=1000000000");
// Little lives long enough to be moved out of the nursery: waking threads to help with that takes longer than doing it (of a call, 4 %).
setFlagsFromString("--no-parallel-scavenge");
// V8 moves places where what they made lived on for a while to the old space for good. At a start and in each burst everything does, and
// what is made there afterwards outlives its use, with all that it holds: of a delivery 3 KB, which only a collection of the whole heap frees.
setFlagsFromString("--no-allocation-site-pretenuring");
