/** The call that A1 measures, of a usual size: about 1 KB there and 1 KB back. */
export const REQUEST = JSON.stringify({
  model: "claude-opus-5-5",
  max_tokens: 1024,
  system: "You answer in one paragraph, in plain words, and you say where a fact comes from.",
  messages: [
    { role: "user", content: "What is a tide, and why are there two of them on most days?" },
    {
      role: "assistant",
      content:
        "The Moon pulls at the near side of the Earth more than at its middle, and at its middle more than at its far side, so the water rises on both sides at once. ".repeat(
          2,
        ),
    },
    {
      role: "user",
      content: "Then why is a spring tide higher than a neap tide? Please explain it to a child of ten years. ".repeat(
        3,
      ),
    },
  ],
  metadata: { user_id: "13803d75-b4b5-4c3e-b2a2-6f21399b021b" },
});

/** The provider's answer to it. */
export const ANSWER = JSON.stringify({
  id: "msg_013Zva2CMHLNnXjNJJKqJ2EF",
  type: "message",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [
    {
      type: "text",
      text: "When Sun and Moon stand in one line, both pull at the sea in the same direction, and the water comes up higher; that is a spring tide. When they stand at a right angle, each spoils a little of what the other does, and that is a neap tide. ".repeat(
        2,
      ),
      citations: null,
    },
  ],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: {
    input_tokens: 212,
    output_tokens: 118,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    service_tier: "standard",
  },
});

/** The headers that come with it, as the provider sends them. */
export const ANSWER_HEADERS: Record<string, string> = {
  "content-type": "application/json",
  "request-id": "req_018EeWyXxfu5pfWkrYcMdjWG",
  "anthropic-organization-id": "11111111-2222-4333-8444-555555555555",
  "anthropic-ratelimit-requests-limit": "4000",
  "anthropic-ratelimit-requests-remaining": "3999",
  "anthropic-ratelimit-requests-reset": "2026-11-20T08:00:01Z",
};
