import "../bin/v8-flags.js";
import { keepHeapSmall } from "../src/heap.ts";

// A program of the product's own parts is measured in a process that V8 keeps as it keeps that of `tidewire serve`.
keepHeapSmall();
