/** The events that D1 tells, of a usual size: a body of about 500 bytes. */
export const EVENT_TYPE = "files.created";

/** The payload of the nth event. */
export function payload(n: number): { [name: string]: string | number | boolean } {
  return {
    id: `file_011CNha8iCJcU1wXNR6q4${String(n).padStart(6, "0")}`,
    filename: `Quarterly report ${n}.pdf`,
    mime_type: "application/pdf",
    size_bytes: 1_024_000 + n,
    created_at: "2026-11-20T07:59:58.123456Z",
    downloadable: false,
  };
}
