using System.Text;
using System.Text.Json;
using Holdfast.Recording.Projection;
using Holdfast.Recording.Records;
using Holdfast.Recording.Redaction;
using Holdfast.Wire.Usage;

namespace Holdfast.Tests.Recording.Projection;

/// <summary>A recorder of one installation: projects exchange after exchange and remembers what was written.</summary>
internal sealed class Projections : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-projection-").FullName;
    private readonly MessageProjector _projector;
    private readonly SeenMessages _seen;
    private int _count;

    public Projections(BodyRedaction? redaction = null)
    {
        _projector = new(redaction ?? new());
        _seen = new(Path.Combine(_folder, SeenMessages.FileName));
    }

    /// <summary>A whole answer to a turn of a protocol, of the session <c>s-1</c>.</summary>
    public IReadOnlyList<MessageRecord> Turn(string protocol, string request, string? answer, Action<ExchangeRecord>? change = null) =>
        Of(Exchange(protocol, change), new() { Request = Bytes(request), Answer = answer is null ? null : Bytes(answer) });

    public IReadOnlyList<MessageRecord> Of(ExchangeRecord exchange, ProjectionInput input) => _projector.Project(exchange, input, _seen);

    /// <summary>The record of the next exchange, which went well.</summary>
    public ExchangeRecord Exchange(string protocol = "anthropic", Action<ExchangeRecord>? change = null)
    {
        var exchange = new ExchangeRecord
        {
            ExchangeId = $"ex-{++_count}",
            StartedAt = new DateTimeOffset(2026, 7, 1, 23, 30, 0, TimeSpan.FromHours(-2)).AddMinutes(_count),
            ClientName = "claude-cli",
            ClientVersion = "2.1.329",
            Session = "s-1",
            Protocol = protocol,
            Method = "POST",
            Path = PathOf(protocol),
            Upstream = protocol,
            ModelAsked = "m-asked",
            Status = 200,
            IsSse = true,
            Events = 7,
            RequestBytes = 100,
            ResponseBytes = 200,
            TotalMs = 1500,
            End = ExchangeEnd.Completed,
        };
        change?.Invoke(exchange);
        return exchange;
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public void Dispose()
    {
        _seen.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string PathOf(string protocol) => protocol switch
    {
        "anthropic" => "/v1/messages",
        "openai-chat" => "/v1/chat/completions",
        "openai-responses" => "/v1/responses",
        _ => "/v1beta/models/gemini-3-pro:generateContent",
    };
}

/// <summary>Reads rows.</summary>
internal static class Rows
{
    public static JsonElement Gateway(this MessageRecord row) => Json(row.Attributes).GetProperty("gateway");

    public static JsonElement Json(string? text) => JsonDocument.Parse(text!).RootElement;

    /// <summary>Role, type and text of each row.</summary>
    public static string[] Told(this IEnumerable<MessageRecord> rows) =>
        [.. rows.Select(row => $"{row.Role} {row.PartType}: {row.ContentText ?? row.ToolName}")];

    /// <summary>The rows that carry tokens.</summary>
    public static List<MessageRecord> Carriers(this IEnumerable<MessageRecord> rows) =>
        [.. rows.Where(row => Json(row.Attributes).TryGetProperty("usage", out _))];

    public static long Sum(this IEnumerable<MessageRecord> rows, string count) => rows.Carriers()
        .Sum(row => Json(row.Attributes).GetProperty("usage").TryGetProperty(count, out var value) ? value.GetInt64() : 0);

    public static string? Status(this MessageRecord row, string key) =>
        row.Status is not null && Json(row.Status).TryGetProperty(key, out var value) ? value.GetString() : null;

    public static string AllText(this IEnumerable<MessageRecord> rows) =>
        string.Join('\n', rows.Select(row => JsonSerializer.Serialize(row, RecordJson.Default.MessageRecord)));

    public static TokenUsage Tokens(this IReadOnlyList<MessageRecord> rows) => new(
        rows.Sum("input_tokens"), rows.Sum("output_tokens"), rows.Sum("cache_read_tokens"), rows.Sum("cache_write_tokens"));
}
