export { createTidewire, type Tidewire, type TidewireOptions } from "./app.ts";
export { type ErrorCode, TidewireError } from "./kernel/errors.ts";
