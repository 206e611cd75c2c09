import { Hono } from "hono";
import type { SandboxKeys } from "./access.ts";
import { notFoundError } from "./api-error.ts";
import { addControls } from "./control.ts";
import { gate, nowhere, type SandboxEnv } from "./gate.ts";
import { countTokens, createMessage } from "./messages.ts";
import { addOrganization } from "./organization/routes.ts";
import type { World } from "./world.ts";

/** Every path that the sandbox answers. What is not here, the retired prompt tools among it, is 404, as is a wrong method. */
export function createServer(world: World, keys: SandboxKeys): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  const through = gate(world, keys);
  addMessages(app, world, through);
  addHoldings(app, world, through);
  addOrganization(app, world.organization, through);
  addControls(app, world);
  const lost = nowhere(world);
  app.notFound((c) => lost(c, notFoundError()));
  app.onError((error) => {
    throw error;
  });
  return app;
}

type Through = ReturnType<typeof gate>;

function addMessages(app: Hono<SandboxEnv>, world: World, through: Through): void {
  const { batches } = world;
  app.post("/v1/messages", through("workspace", createMessage(world)));
  app.post("/v1/messages/count_tokens", through("workspace", countTokens(world)));
  app.post("/v1/messages/batches", through("workspace", batches.create));
  app.get("/v1/messages/batches", through("workspace", batches.list));
  app.get("/v1/messages/batches/:id", through("workspace", batches.read));
  app.delete("/v1/messages/batches/:id", through("workspace", batches.remove));
  app.post("/v1/messages/batches/:id/cancel", through("workspace", batches.cancel));
  app.get("/v1/messages/batches/:id/results", through("workspace", batches.results));
}

function addHoldings(app: Hono<SandboxEnv>, { models, files, skills, pageSize }: World, through: Through): void {
  app.get("/v1/models", through("workspace", models.list(pageSize)));
  app.get("/v1/models/:id", through("workspace", models.read));

  app.post("/v1/files", through("workspace", files.upload));
  app.get("/v1/files", through("workspace", files.list));
  app.get("/v1/files/:id", through("workspace", files.read));
  app.delete("/v1/files/:id", through("workspace", files.remove));
  app.get("/v1/files/:id/content", through("workspace", files.content));

  app.post("/v1/skills", through("workspace", skills.create));
  app.get("/v1/skills", through("workspace", skills.list));
  app.get("/v1/skills/:id", through("workspace", skills.read));
  app.delete("/v1/skills/:id", through("workspace", skills.remove));
  app.post("/v1/skills/:id/versions", through("workspace", skills.createVersion));
  app.get("/v1/skills/:id/versions", through("workspace", skills.listVersions));
  app.get("/v1/skills/:id/versions/:version", through("workspace", skills.readVersion));
  app.delete("/v1/skills/:id/versions/:version", through("workspace", skills.removeVersion));
  app.get("/v1/skills/:id/versions/:version/content", through("workspace", skills.content));
}
