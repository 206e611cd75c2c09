import { FileList } from "../file-list.ts";
import { ANSWER_HEADERS } from "../message-call.ts";
import { answerBytes, serveBytes } from "../wire.ts";
import { obey } from "./obey.ts";

/** The provider of P1 to P3: a list of files that stays as it is unless it is told to change. */
let files = new FileList(0);
let pages = 0;
let reads = 0;

const notFound = answerBytes("404 Not Found", ANSWER_HEADERS, JSON.stringify({ error: { type: "not_found_error" } }));

const { url } = await serveBytes((head) => {
  const { pathname, searchParams } = new URL(head.split(" ", 2)[1] ?? "", "http://upstream");
  if (pathname !== "/v1/files") {
    reads++;
    return files.has(pathname.slice("/v1/files/".length)) ? answerBytes("200 OK", ANSWER_HEADERS, "{}") : notFound;
  }
  pages++;
  const page = files.page(searchParams.get("after_id"), Number(searchParams.get("limit")));
  return answerBytes("200 OK", ANSWER_HEADERS, page);
});

obey(
  {
    fill: (count: number) => void (files = new FileList(count)),
    upload: (count: number) => files.upload(count),
    rename: (count: number) => files.rename(count),
    remove: (count: number) => files.remove(count),
    /** The pages and the files that were asked for since the last report. */
    report() {
      const report = { pages, reads };
      pages = 0;
      reads = 0;
      return report;
    },
  },
  url,
);
