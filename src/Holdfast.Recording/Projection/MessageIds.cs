using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Recording.Projection;

/// <summary>
/// Gives the messages of one conversation their ids, in their order. An answer bears no id of the provider any more when it
/// comes back in the history, so an id is a hash of what the message says and of what the one before it says, by which the
/// second "go on" is another message than the first. What clients change in a history says nothing: marks of the cache,
/// reasoning left out, white space at the ends, names of
/// tools they do not have, outputs of tools that were cleared.
/// </summary>
/// <param name="scope">The conversation.</param>
internal sealed class MessageIds(string scope)
{
    private readonly Dictionary<string, int> _times = new(StringComparer.Ordinal);
    private string _before = "";

    /// <summary>The id of the next message.</summary>
    public string Next(NeutralMessage message)
    {
        var said = HashOf(message);

        // What systems put in stands elsewhere in each request, and reasoning comes back or does not.
        var isBeside = message.Role == "system" || message.Parts.TrueForAll(part => part.Kind == PartKinds.Reasoning);
        var key = isBeside ? said : $"{_before}:{said}";
        _before = isBeside ? _before : said;
        if (message.Role == "system")
        {
            return Hash($"{scope}:{key}");
        }

        var times = CollectionsMarshal.GetValueRefOrAddDefault(_times, key, out _)++;
        return Hash($"{scope}:{key}:{times}");
    }

    /// <summary>A hash of what a message says, whatever conversation it stands in.</summary>
    public static string HashOf(NeutralMessage message)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, message.Role);
        var saysMore = message.Parts.Exists(part => part.Kind != PartKinds.Reasoning);
        foreach (var part in message.Parts.Where(part => !saysMore || part.Kind != PartKinds.Reasoning))
        {
            Append(hash, part);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    /// <summary>The first 16 hex digits of a text's SHA-256.</summary>
    public static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));

    private static void Append(IncrementalHash hash, NeutralPart part)
    {
        switch (part)
        {
            case { Kind: PartKinds.ToolCall, Type: "functionCall" } or { Kind: PartKinds.ToolCall, CallId: null }:
                // Gemini's clients make up ids for calls that had none.
                Append(hash, $"call {part.ToolName}");
                Append(hash, part.Arguments);
                break;
            case { CallId: { } call }:
                Append(hash, $"call {call}");
                break;
            case { ResultFor: { } result, Type: not "functionResponse" }:
                Append(hash, $"result {result}");
                break;
            case { Kind: PartKinds.Reasoning }:
                Append(hash, part.Signature ?? part.Text ?? "");
                break;
            case { Kind: PartKinds.Text }:
                // Two texts or one of both: clients join them.
                AppendText(hash, part.Text ?? "");
                break;
            default:
                Append(hash, part.Kind);
                Append(hash, part.Source);
                break;
        }
    }

    private static void AppendText(IncrementalHash hash, string text)
    {
        if (text.AsSpan().Trim() is { IsEmpty: false } said)
        {
            hash.AppendData(MemoryMarshal.AsBytes(said));
        }
    }

    private static void Append(IncrementalHash hash, string text)
    {
        hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
        hash.AppendData([0]);
    }

    private static void Append(IncrementalHash hash, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject().Where(member => member.Name != "cache_control"))
                {
                    Append(hash, member.Name);
                    Append(hash, member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var one in value.EnumerateArray())
                {
                    Append(hash, one);
                }

                break;
            case JsonValueKind.Undefined:
                break;
            default:
                hash.AppendData(JsonMarshal.GetRawUtf8Value(value));
                break;
        }

        hash.AppendData([1]);
    }
}
