import { afterEach, describe, expect, it } from "vitest";
import { type Listening, listen } from "../../../src/surfaces/http/listen.ts";

const hello = () => new Response("hello");

describe("listening", () => {
  const servers: Listening[] = [];
  const start = async (fetch: () => Response | Promise<Response> = hello, host = "127.0.0.1") => {
    const server = await listen(fetch, host, 0);
    servers.push(server);
    return server;
  };
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close(0))));

  it("says the port that it got", async () => {
    const { url } = await start();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect(await (await fetch(url)).text()).toBe("hello");
  });

  it("writes an IPv6 address as URLs want it", async () => {
    const { url } = await start(hello, "::1");
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect(await (await fetch(url)).text()).toBe("hello");
  });

  it("says that a port is taken, and how to mend it", async () => {
    const port = Number(new URL((await start()).url).port);
    await expect(listen(hello, "127.0.0.1", port)).rejects.toMatchObject({
      code: "port_taken",
      message: expect.stringMatching(new RegExp(`^Port ${port} is taken; .*PORT`)) as string,
    });
  });

  it("says that an address is not this machine's", async () => {
    await expect(listen(hello, "203.0.113.1", 0)).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining("HOST 203.0.113.1") as string,
    });
  });

  it("lets what runs end before it closes, and takes nothing new", async () => {
    const arrived = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const { url, close } = await start(async () => {
      arrived.resolve();
      await release.promise;
      return hello();
    });
    const running = fetch(url);
    await arrived.promise;
    const closed = close(10_000);
    await expect(fetch(url)).rejects.toThrow();
    release.resolve();
    expect(await (await running).text()).toBe("hello");
    await closed;
  });

  it("cuts off what runs longer than it may", async () => {
    const arrived = Promise.withResolvers<void>();
    const { url, close } = await start(() => {
      arrived.resolve();
      return new Promise<Response>(() => {});
    });
    const running = fetch(url).then(
      () => "answered",
      () => "cut off",
    );
    await arrived.promise;
    await close(20);
    expect(await running).toBe("cut off");
  });
});
