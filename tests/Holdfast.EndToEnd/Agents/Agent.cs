using System.Text.Json;
using Holdfast.EndToEnd.Programs;

namespace Holdfast.EndToEnd.Agents;

/// <summary>A real client: a coding agent, or an SDK in a script.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="Package">The <c>package.json</c> of what was installed.</param>
/// <param name="Protocol">The family its upstreams speak, as the configuration says it.</param>
/// <param name="CommandAt">How it is asked for a turn through the gateway at a base URL.</param>
internal sealed record Agent(string Name, string Package, string Protocol, Func<string, AgentCommand> CommandAt)
{
    private const string Key = "not-a-key";
    private const string Question = "say hello";

    /// <summary>Those that repeat a failed request by themselves; one that may speak several protocols once for each.</summary>
    public static IReadOnlyList<Agent> Coding { get; } =
    [
        new("Claude Code", Module("@anthropic-ai/claude-code"), "anthropic", ClaudeCode),
        new("Codex", Module("@openai/codex"), "openai", Codex),
        new("Gemini CLI", Module("@google/gemini-cli"), "gemini", GeminiCli),
        OpenCode("Messages", "anthropic", "@ai-sdk/anthropic", "v1"),
        OpenCode("Responses", "openai", "@ai-sdk/openai", "v1"),
        OpenCode("Chat", "openai", "@ai-sdk/openai-compatible", "v1"),
        OpenCode("Gemini", "gemini", "@ai-sdk/google", "v1beta"),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Agent> All { get; } =
    [
        .. Coding,
        Sdk("@anthropic-ai/sdk", "anthropic", "anthropic.mjs", "stream"),
        Sdk("openai", "openai", "openai.mjs", "chat-stream"),
        Sdk("openai", "openai", "openai.mjs", "responses-stream"),
        Sdk("@google/genai", "gemini", "genai.mjs", "stream"),
    ];

    /// <summary>The version that was installed.</summary>
    public string Version =>
        JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Package)).GetProperty("version").GetString()!;

    /// <summary>The one of this name.</summary>
    public static Agent Named(string name) => All.Single(agent => agent.Name == name);

    private static string Module(string name) => Repository.AgentModule($"{name}/package.json");

    private static AgentCommand ClaudeCode(string baseUrl) =>
        new(Repository.AgentModule("@anthropic-ai/claude-code-linux-x64/claude"), "-p", Question)
        {
            Environment =
            [
                ("ANTHROPIC_BASE_URL", baseUrl),
                ("ANTHROPIC_API_KEY", Key),
                ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
            ],
        };

    private static AgentCommand Codex(string baseUrl) =>
        new(Repository.AgentModule("@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"),
            "exec", "--skip-git-repo-check", Question)
        {
            Environment = [("OPENAI_API_KEY", Key)],
            Files =
            [
                (".codex/config.toml",
                    $"""
                    model_provider = "gateway"
                    [model_providers.gateway]
                    name = "gateway"
                    base_url = "{baseUrl}/v1"
                    env_key = "OPENAI_API_KEY"
                    wire_api = "responses"
                    """),
            ],
        };

    private static AgentCommand GeminiCli(string baseUrl) =>
        new(Repository.Node, Repository.AgentModule("@google/gemini-cli/bundle/gemini.js"),
            "-m", "gemini-3-pro", "-p", Question)
        {
            Environment =
            [
                ("GOOGLE_GEMINI_BASE_URL", baseUrl),
                ("GEMINI_API_KEY", Key),
                ("GEMINI_CLI_TRUST_WORKSPACE", "true"),
            ],
            Files = [(".gemini/settings.json", """{ "security": { "auth": { "selectedType": "gemini-api-key" } } }""")],
        };

    // Without the request for a title, which it sends beside the turn and which could meet the fault in its place.
    private static Agent OpenCode(string api, string protocol, string package, string path) => new(
        $"opencode, {api}", Module("opencode-linux-x64"), protocol, baseUrl =>
            new(Repository.AgentModule("opencode-linux-x64/bin/opencode"), "run", Question)
            {
                Files =
                [
                    (".config/opencode/opencode.json",
                        $$"""
                        {
                          "autoupdate": false,
                          "share": "disabled",
                          "agent": { "title": { "disable": true } },
                          "model": "gateway/a-model",
                          "provider": {
                            "gateway": {
                              "npm": "{{package}}",
                              "options": { "baseURL": "{{baseUrl}}/{{path}}", "apiKey": "{{Key}}" },
                              "models": { "a-model": {} }
                            }
                          }
                        }
                        """),
                ],
            });

    // None of them repeats anything by itself here: what they were not asked to hide, they show.
    private static Agent Sdk(string package, string protocol, string script, string op) => new(
        $"{package}, {op}", Repository.NodeScript($"node_modules/{package}/package.json"), protocol, baseUrl =>
            new(Repository.Node, Repository.NodeScript(script))
            {
                Input = JsonSerializer.Serialize(new[] { new { op, model = "a-model", baseURL = baseUrl } }),
            });
}
