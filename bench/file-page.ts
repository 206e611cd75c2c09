/** The largest page that the API gives, of files as it describes them. */
const FILES = Array.from({ length: 1_000 }, (_, n) => ({
  id: `file_011CNha8iCJcU1wXNR6q4${String(n).padStart(6, "0")}`,
  type: "file",
  filename: `Quarterly report ${n}.pdf`,
  mime_type: "application/pdf",
  size_bytes: 1_024_000 + n,
  created_at: "2026-11-20T07:59:58.123456Z",
  downloadable: n % 2 === 0,
  expires_at: n % 3 === 0 ? "2026-12-20T07:59:58.123456Z" : null,
}));

export const LIMIT = FILES.length;

/** The page as the provider sends it. */
export const PAGE = JSON.stringify({ data: FILES, next_page: null });

/** Its records as the manifest's fields show them. */
export const SELECTED = FILES.map(({ type: _, filename, size_bytes, ...file }) => ({
  ...file,
  filename,
  file_name: filename,
  size_bytes,
  bytes: size_bytes,
  scope: null,
}));
