/** A file of the list: its number in the order of uploads, and how often its name was changed. */
interface File {
  seq: number;
  version: number;
}

/** The provider's list of files, newest first, in pages that are asked for by the last id of the one before. */
export class FileList {
  #files: File[];
  #last: number;

  constructor(count: number) {
    this.#files = Array.from({ length: count }, (_, n) => ({ seq: count - n, version: 0 }));
    this.#last = count;
  }

  /** The page after an id; the first one without. */
  page(afterId: string | null, limit: number): string {
    const from = afterId === null ? 0 : this.#indexAfter(Number(afterId.slice(ID.length)));
    const files = this.#files.slice(from, from + limit);
    const hasMore = from + limit < this.#files.length;
    const [first, last] = [files.at(0), files.at(-1)].map((file) => (file ? `"${idOf(file)}"` : "null"));
    return `{"data":[${files.map(fileText).join(",")}],"has_more":${hasMore},"first_id":${first},"last_id":${last}}`;
  }

  has(id: string): boolean {
    return this.#files.some((file) => idOf(file) === id);
  }

  /** New files at the head. */
  upload(count: number): void {
    const added = Array.from({ length: count }, (_, n) => ({ seq: this.#last + count - n, version: 0 }));
    this.#files.unshift(...added);
    this.#last += count;
  }

  /** Other names for so many files, evenly over the list. */
  rename(count: number): void {
    for (const file of this.#spread(count)) file.version++;
  }

  /** So many files less, evenly over the list. */
  remove(count: number): void {
    const gone = new Set(this.#spread(count));
    this.#files = this.#files.filter((file) => !gone.has(file));
  }

  #spread(count: number): File[] {
    const step = Math.floor(this.#files.length / count);
    return this.#files.filter((_, n) => n % step === step >> 1).slice(0, count);
  }

  /** Numbers fall along the list: the first file whose number is smaller. */
  #indexAfter(seq: number): number {
    let [low, high] = [0, this.#files.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#files[middle]?.seq ?? 0) >= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const ID = "file_011CNha8iCJcU1wXN";

function idOf({ seq }: File): string {
  return `${ID}${String(seq).padStart(9, "0")}`;
}

function fileText(file: File): string {
  const { seq, version } = file;
  return `{"id":"${idOf(file)}","type":"file","filename":"Quarterly report ${seq}-${version}.pdf","mime_type":"application/pdf","size_bytes":${1_024_000 + seq},"created_at":"2026-11-20T07:59:58.123456Z","downloadable":${seq % 2 === 0},"expires_at":null}`;
}
