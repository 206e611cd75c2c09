/** Settings of a Node-RED that one person may enter: ada, with the password "harbour-pass". */
module.exports = {
  uiHost: "127.0.0.1",
  flowFile: "flows.json",
  telemetry: { enabled: false, updateNotification: false },
  logging: { console: { level: "warn" } },
  adminAuth: {
    type: "credentials",
    users: async (username) => (username === "ada" ? { username, permissions: "*" } : null),
    authenticate: async (username, password) =>
      username === "ada" && password === "harbour-pass" ? { username, permissions: "*" } : null,
  },
};
