import type { Json, JsonObject } from "../../kernel/json.ts";
import type { Cli } from "./cli.ts";
import { type Client, type ClientBody, type ClientResponse, problemError, readText, requestJson } from "./client.ts";
import { usageError } from "./terminal.ts";

/** A job as the server shows it. */
interface JobView {
  id: string;
  state: string;
  progress: Json;
  finished_at: string | null;
  result?: Json;
  next_cursor?: string | null;
  meta?: JsonObject;
  /** Path of the results. */
  results?: string;
  error?: { status: number };
}

/** How long the server holds one look: short enough that progress is seen. */
const LOOK = "5s";

/**
 * Lets the server run an operation as a job and waits for its end, telling on the way how far it is. Gives the results of what has
 * some, else the answer of the call; what was refused is given as it was answered. Throws the error that the job ended with.
 */
export async function runAndWait(
  cli: Cli,
  client: Client,
  path: string,
  body: ClientBody | undefined,
): Promise<ClientResponse> {
  if (!client.runsJobs) throw usageError("--wait needs a running server: start one with `tidewire serve`.");
  const accepted = await client.request("POST", path, body, { prefer: "respond-async" });
  if (accepted.status !== 202) return accepted;
  const { result } = JSON.parse(await readText(accepted.body)) as { result: JobView };
  const job = await untilEnded(cli, client, result);
  if (job.error) throw problemError(job.error.status, JSON.stringify(job.error));
  return job.results === undefined ? answerOf(job) : client.request("GET", job.results);
}

async function untilEnded({ terminal }: Cli, client: Client, accepted: JobView): Promise<JobView> {
  let job = accepted;
  let told = "";
  for (;;) {
    const far = job.progress === null ? "" : ` ${JSON.stringify(job.progress)}`;
    const line = `${job.id} ${job.state}${far}\n`;
    if (line !== told && !terminal.json) terminal.err(line);
    told = line;
    if (job.finished_at !== null) return job;
    const looked = await requestJson(client, "GET", `/v1/jobs/${job.id}?wait=${LOOK}`);
    job = (looked as unknown as { result: JobView }).result;
  }
}

/** The answer that the call itself would have given. */
function answerOf({ result = null, next_cursor, meta }: JobView): ClientResponse {
  const answer = {
    result,
    ...(next_cursor === undefined ? {} : { next_cursor }),
    ...(meta === undefined ? {} : { meta }),
  };
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: (async function* () {
      yield Buffer.from(JSON.stringify(answer));
    })(),
  };
}
