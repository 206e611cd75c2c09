import { expect, test } from "vitest";
import { filenameOf } from "../../src/engine/filename.ts";

test.each([
  [undefined, null],
  ["inline", null],
  ['attachment; filename=""', null],
  ["attachment; filename=plain.txt", "plain.txt"],
  ['attachment; filename="two words; and more.txt"', "two words; and more.txt"],
  ['attachment; filename="a \\"quoted\\" one.txt"', 'a "quoted" one.txt'],
  ["attachment; filename=\"fallback.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt", "naïve €.txt"],
  ["attachment; filename*=UTF-8''broken%E2.txt; filename=plain.txt", "plain.txt"],
  ['attachment; filename="../../etc/passwd"', "passwd"],
  ['attachment; filename="C:/dir/a.txt"', "a.txt"],
  ["attachment; filename*=UTF-8''..%2F..%5Cevil.txt", "evil.txt"],
])("%j names the file %j", (disposition, name) => {
  expect(filenameOf(disposition)).toBe(name);
});
