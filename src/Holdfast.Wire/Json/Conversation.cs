using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Holdfast.Wire.Json;

/// <summary>A request as a conversation and the rest of its body, so that one that goes on where another was cut off can be
/// recognised: it holds the same conversation, and more. Marks of the cache count for nothing, and neither does whether a
/// lone text stands in a list: clients move and change both.</summary>
/// <param name="Rest">A hash of everything but the conversation, and but what clients change when they ask again.</param>
/// <param name="Ends">A hash of the conversation up to and with each of its parts.</param>
/// <param name="Question">The last part of the question, where what stands behind it is a part of its answer and the client
/// asks to go on; null where it asks for something new.</param>
public sealed record Conversation(UInt128 Rest, ImmutableArray<UInt128> Ends, int? Question)
{
    /// <summary>How Claude Code asks to go on (measured with 2.1.329). A user who interrupted it says something else.</summary>
    private const string GoOn = "Your response above was cut off mid-stream.";

    // Where a member stands twice, nobody knows which of them was answered: what goes on from there is a request of its own.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 256, AllowDuplicateProperties = false };

    /// <summary>Reads a body of the Messages or the Responses API; null where it holds no conversation, or a member twice.
    /// Never throws.</summary>
    public static Conversation? Read(in ReadOnlySequence<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(JsonPeek.SkipBom(body), Options);
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether two parts say the same.</summary>
    internal static bool AreSame(JsonElement one, JsonElement other)
    {
        var (first, second) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        Write(first, one);
        Write(second, other);
        return first.WrittenSpan.SequenceEqual(second.WrittenSpan);
    }

    /// <summary>Whether a part is how Claude Code asks to go on.</summary>
    internal static bool AsksToGoOn(JsonElement message) => RoleOf(message) == "user" && TextOf(message) is { } text
        && text.StartsWith(GoOn, StringComparison.Ordinal);

    private static Conversation? Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        UInt128 rest = 0;
        ImmutableArray<UInt128>? ends = null;
        int? question = null;
        foreach (var member in body.EnumerateObject())
        {
            switch (member.Name)
            {
                case "messages" or "input" when member.Value.ValueKind == JsonValueKind.Array:
                    ends = EndsOf(member.Value);
                    question = member.Name == "messages" ? QuestionOfMessages(member.Value) : QuestionOfItems(member.Value);
                    break;
                case "stream" or "max_tokens" or "client_metadata":
                    break;
                default:
                    rest += Digest.Of(new ReadOnlySequence<byte>(
                        [.. JsonMarshal.GetRawUtf8PropertyName(member), .. JsonMarshal.GetRawUtf8Value(member.Value)]));
                    break;
            }
        }

        return ends is { } known ? new(rest, known, question) : null;
    }

    private static int? QuestionOfMessages(JsonElement messages)
    {
        var count = messages.GetArrayLength();
        return count >= 3 && AsksToGoOn(messages[count - 1]) && RoleOf(messages[count - 2]) == "assistant" ? count - 3 : null;
    }

    /// <summary>Codex puts the items it has behind its question, and nothing behind them. What it sends after a tool ends with
    /// the tool's output, and what a user says with that.</summary>
    private static int? QuestionOfItems(JsonElement items)
    {
        var last = items.GetArrayLength() - 1;
        var question = last;
        while (question >= 0 && IsOfAnswer(items[question]))
        {
            question--;
        }

        return question >= 0 && question < last ? question : null;
    }

    private static bool IsOfAnswer(JsonElement item) => RoleOf(item) == "assistant" || StringIn(item, "type") == "reasoning";

    private static string? RoleOf(JsonElement part) => StringIn(part, "role");

    private static string? TextOf(JsonElement message) => !message.TryGetProperty("content", out var content) ? null
        : content.ValueKind == JsonValueKind.String ? content.GetString()
        : content.ValueKind == JsonValueKind.Array && content.GetArrayLength() == 1 ? StringIn(content[0], "text")
        : null;

    private static string? StringIn(JsonElement part, string name) =>
        part.ValueKind == JsonValueKind.Object && part.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static ImmutableArray<UInt128> EndsOf(JsonElement parts)
    {
        var ends = ImmutableArray.CreateBuilder<UInt128>(parts.GetArrayLength());
        var text = new ArrayBufferWriter<byte>(1024);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        digest.Clear();
        foreach (var part in parts.EnumerateArray())
        {
            // Each with the one before it: where a part stands matters.
            text.ResetWrittenCount();
            text.Write(digest);
            Write(text, part);
            SHA256.HashData(text.WrittenSpan, digest);
            ends.Add(BinaryPrimitives.ReadUInt128BigEndian(digest));
        }

        return ends.MoveToImmutable();
    }

    private static void Write(IBufferWriter<byte> output, JsonElement part)
    {
        using var json = new Utf8JsonWriter(output);
        Write(json, part);
    }

    private static void Write(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject().Where(member => member.Name != "cache_control"))
                {
                    json.WritePropertyName(member.Name);
                    if (member is { Name: "content", Value.ValueKind: JsonValueKind.String })
                    {
                        json.WriteStartArray();
                        json.WriteStartObject();
                        json.WriteString("type", "text");
                        json.WritePropertyName("text");
                        member.Value.WriteTo(json);
                        json.WriteEndObject();
                        json.WriteEndArray();
                    }
                    else
                    {
                        Write(json, member.Value);
                    }
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var element in value.EnumerateArray())
                {
                    Write(json, element);
                }

                json.WriteEndArray();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }
}
