using System.Text.Json;
using Holdfast.Clients;
using Holdfast.Failover;
using Holdfast.Tests.Architecture;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Tests.Clients;

/// <summary>Which client a request is from, and that the table of them is all used.</summary>
public sealed class KnownClientsTests
{
    private const string Fixtures = "tests/Holdfast.FunctionalTests/Fixtures";

    // By how the names of the recordings begin.
    private static readonly (string Recording, string Row)[] Recorded =
    [
        ("claude-code", "claude-code"), ("codex", "codex"), ("opencode", "opencode"), ("gemini-cli", "anybody"), ("sdk-", "node"),
    ];

    public static TheoryData<string> Recordings =>
        [.. Repository.Files($"{Fixtures}/agents", "*.json").Concat(Repository.Files($"{Fixtures}/comebacks", "*.json"))
            .Select(Repository.Relative)];

    public static TheoryData<string, string?, string?, string> Stated => new()
    {
        { "claude-cli/2.1.90 (external, cli)", null, null, "claude-code" },
        { "Claude-CLI/2.1.90", null, null, "claude-code" },
        { "claude-cli/2.1.90 (external, cli)", null, "CPython", "claude-code" },
        { "codex_cli_rs/0.160.0 (Linux; x86_64)", null, null, "codex" },
        { "codex-tui/0.169.0", "codex-tui", null, "codex" },
        { "my-editor/1.0", "codex_vscode", null, "codex" },
        { "", "Codex Desktop", null, "codex" },
        { "opencode/1.18.33 ai-sdk/provider-utils/4.0.46 runtime/bun/1.3.14", null, null, "opencode" },
        { "curl/8.14.1", null, null, "curl" },
        { "node", null, null, "node" },
        { "undici", null, null, "node" },
        { "OpenAI/JS 7.5.0", null, "node", "node" },
        { "google-genai-sdk/3.1.0 gl-node/v24.21.0", null, null, "node" },
        { "Bun/1.4.5", null, null, "bun" },
        { "OpenAI/JS 7.5.0", null, "bun", "bun" },
        { "OpenAI/JS 7.5.0", null, "deno", "deno" },
        { "AnthropicClient/C# 13.11.0", null, ".NET", "dotnet" },
        { "OpenAI/2.15.0 (.NET 10.0.12; Debian GNU/Linux 13)", null, null, "dotnet" },
        { "OpenAI/2.15.0 (.NET 10.0.12; Debian GNU/Linux 13)", null, "dotnet", "dotnet" },
        { "", null, null, "anybody" },
        { "my-program/1.0", null, null, "anybody" },
        { "my-program/1.0 codex/1.0", null, null, "anybody" },
        { "my-program/1.0", "my-program", null, "anybody" },
        { "my-claude-cli/1.0", null, null, "anybody" },
        { "nodeish/1.0", null, null, "anybody" },
        { "opencoder/1.0", null, null, "anybody" },
        { "python-httpx/0.28", null, null, "anybody" },
        { "Anthropic/JS 0.120.0", null, "browser:chrome", "anybody" },
        { "OpenAI/Python 3.0.0", null, "CPython", "anybody" },
    };

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Every_request_that_was_recorded_is_its_clients(string recording)
    {
        using var sequence = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, recording)));
        var row = Recorded.Single(one => Path.GetFileName(recording).StartsWith(one.Recording, StringComparison.Ordinal)).Row;

        var known = sequence.RootElement.GetProperty("requests").EnumerateArray().Select(request => ClientOf(
            request.GetProperty("headers").EnumerateObject().Select(header => (header.Name, header.Value.GetString()))).Name).ToList();

        Assert.NotEmpty(known);
        Assert.All(known, name => Assert.Equal(row, name));
    }

    [Theory]
    [MemberData(nameof(Stated))]
    public void A_client_is_known_by_its_product_its_originator_or_its_runtime(
        string userAgent, string? originator, string? runtime, string row)
    {
        var client = ClientOf([("User-Agent", userAgent), ("Originator", originator), ("X-Stainless-Runtime", runtime)]);

        Assert.Equal(row, client.Name);
    }

    [Fact]
    public void Every_row_has_a_client_that_is_tried_here() => Assert.Equal(
        KnownClients.All.Select(row => row.Name).Append(KnownClient.Anybody.Name).Order(StringComparer.Ordinal),
        Stated.Select(one => one.Data.Item4).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Of_anybody_nothing_is_known()
    {
        var anybody = ClientOf([]);

        Assert.Same(KnownClient.Anybody, anybody);
        Assert.Equal(
            (false, true, Timeout.InfiniteTimeSpan, false, null, false, null),
            (anybody.TakesInterim, anybody.OpensEarlyOnLoopback, anybody.LongestHeld, anybody.ErrorEventsAsFailed, anybody.Retry,
                anybody.GoesOn, anybody.LossBegins));
        var told = new ToldFailure(529, "overloaded_error", null, null);
        Assert.Equal(told, anybody.Adjust(told, new(FailureReason.Overloaded, "status", true, true, null, "rule")));
    }

    /// <summary>And nothing else does, which nobody would read.</summary>
    [Fact]
    public void Every_value_that_may_stand_in_a_row_stands_in_one()
    {
        using var stream = typeof(KnownClient).Assembly.GetManifestResourceStream("known-clients.json")!;
        using var file = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        var rows = file.RootElement.GetProperty("clients").EnumerateArray().ToList();

        var adjustments = rows.Where(row => row.TryGetProperty("adjustments", out _))
            .SelectMany(row => row.GetProperty("adjustments").EnumerateArray());
        var retries = rows.Where(row => row.TryGetProperty("retry", out _)).Select(row => row.GetProperty("retry"));

        Assert.Equal(ValuesOf<KnownClient>(), NamesIn(rows));
        Assert.Equal(ValuesOf<ErrorAdjustment>(), NamesIn(adjustments));
        Assert.Equal(ValuesOf<RetryRule>(), NamesIn(retries));
    }

    [Fact]
    public void Every_reason_an_adjustment_names_is_one_of_the_classifier()
    {
        var words = Enum.GetValues<FailureReason>().Select(reason => reason.Word()).ToHashSet(StringComparer.Ordinal);

        var named = KnownClients.All.SelectMany(row => row.Adjustments).SelectMany(adjustment => adjustment.Reasons);

        Assert.All(named, reason => Assert.Contains(reason, words));
    }

    private static KnownClient ClientOf(IEnumerable<(string Name, string? Value)> headers)
    {
        var request = new DefaultHttpContext().Request;
        foreach (var (name, value) in headers)
        {
            request.Headers[name] = value;
        }

        return ClientHeaders.Of(request).Known;
    }

    private static IEnumerable<string> ValuesOf<T>() => typeof(T).GetProperties()
        .Where(property => property.CanWrite && !property.GetMethod!.IsStatic)
        .Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> NamesIn(IEnumerable<JsonElement> objects) => objects
        .SelectMany(one => one.EnumerateObject()).Select(value => value.Name).Distinct().Order(StringComparer.Ordinal);
}
