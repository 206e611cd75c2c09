import { invalidRequest } from "./api-error.ts";

const MAX_LENGTH = 255;
const FORBIDDEN = /[<>:"|?*\\/\p{Cc}]/u;

/** The extension of a file that came without a name. */
const EXTENSIONS: Record<string, string> = {
  "text/plain": ".txt",
  "text/csv": ".csv",
  "text/html": ".html",
  "text/markdown": ".md",
  "application/json": ".json",
  "application/pdf": ".pdf",
  "image/png": ".png",
  "image/jpeg": ".jpg",
  "image/gif": ".gif",
  "image/webp": ".webp",
};

/** The name a file is kept under: the last part of its path, or `unnamed` with an extension. Throws 400 for one that may not be. */
export function storedName(filename: string | undefined, mimeType: string): string {
  const name = (filename ?? "").split("/").at(-1) ?? "";
  if (name === "") return `unnamed${EXTENSIONS[mimeType] ?? ""}`;
  if (name.length > MAX_LENGTH) throw invalidRequest(`filename: must be between 1 and ${MAX_LENGTH} characters long`);
  if (FORBIDDEN.test(name)) {
    throw invalidRequest('filename: must not contain control characters or any of < > : " | ? * \\ /');
  }
  return name;
}
