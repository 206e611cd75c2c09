import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** What a process has taken so far, seen from outside so that measuring costs it nothing. */
export interface Usage {
  /** User and system time of all its threads, to 10 ms. */
  cpuMs: number;
  /** Memory that it holds now (resident set), in bytes. */
  rssBytes: number;
}

/** Linux counts in ticks of 10 ms for programs, whatever the kernel's own are (USER_HZ, proc(5)). */
const TICK_MS = 10;

/** Reads /proc where there is one, else asks `ps`. */
export function usageOf(pid: number): Usage {
  return existsSync(`/proc/${pid}/stat`) ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in brackets may hold anything, so fields are counted after it: utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    rssBytes: Number(resident) * 1024,
  };
}

function fromPs(pid: number): Usage {
  const [rss = "", time = ""] = execFileSync("ps", ["-o", "rss=,time=", "-p", String(pid)], { encoding: "utf8" })
    .trim()
    .split(/\s+/);
  const seconds = time.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return { cpuMs: seconds * 1000, rssBytes: Number(rss) * 1024 };
}
