using System.Buffers;
using System.Text.Json;

namespace Holdfast.Wire.Json;

/// <summary>By what a request's body tells its conversation from others.</summary>
public enum ConversationMark
{
    /// <summary>By nothing: it is empty or no JSON.</summary>
    None,

    /// <summary>Anthropic's <c>metadata.user_id</c>; Claude Code puts its session into it.</summary>
    User,

    /// <summary>OpenAI's <c>prompt_cache_key</c>.</summary>
    CacheKey,

    /// <summary>What stays the same from turn to turn: the system prompt, the tools and the first message.</summary>
    Prefix,
}

/// <summary>Which conversation a request belongs to, as its body shows it.</summary>
/// <param name="Mark">By what.</param>
/// <param name="Hash">A hash of that; nothing of the body can be read back from it.</param>
public readonly record struct ConversationPeek(ConversationMark Mark, UInt128 Hash)
{
    /// <summary>Reads a body; never throws.</summary>
    public static ConversationPeek Read(in ReadOnlySequence<byte> body)
    {
        var json = JsonPeek.SkipBom(body);
        var reader = new Utf8JsonReader(json, JsonPeek.Options);
        UInt128 prefix = 0;
        var hasPrefix = false;
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return default;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("prompt_cache_key"u8))
                {
                    reader.Read();
                    if (Named(ref reader, json) is { } key)
                    {
                        return new(ConversationMark.CacheKey, key);
                    }
                }
                else if (reader.ValueTextEquals("metadata"u8))
                {
                    reader.Read();
                    if (UserOf(ref reader, json) is { } user)
                    {
                        return new(ConversationMark.User, user);
                    }
                }
                else if (IsStable(reader, out var isList))
                {
                    hasPrefix = true;
                    var start = reader.TokenStartIndex;
                    reader.Read();
                    prefix += HashOf(ref reader, json, start, isList);
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return default;
        }

        return hasPrefix ? new(ConversationMark.Prefix, prefix) : default;
    }

    private static bool IsStable(in Utf8JsonReader reader, out bool isList)
    {
        isList = reader.ValueTextEquals("messages"u8) || reader.ValueTextEquals("input"u8)
            || reader.ValueTextEquals("contents"u8);
        return isList || reader.ValueTextEquals("system"u8) || reader.ValueTextEquals("instructions"u8)
            || reader.ValueTextEquals("systemInstruction"u8) || reader.ValueTextEquals("tools"u8);
    }

    /// <summary>A hash of a member from its name on; of a list that grows from turn to turn only to its first
    /// element.</summary>
    private static UInt128 HashOf(
        ref Utf8JsonReader reader, in ReadOnlySequence<byte> json, long start, bool isList)
    {
        var grows = isList && reader.TokenType == JsonTokenType.StartArray;
        if (grows && (!reader.Read() || reader.TokenType == JsonTokenType.EndArray))
        {
            return 0;
        }

        reader.Skip();
        var hash = Digest.Of(json.Slice(start, reader.BytesConsumed - start));
        while (grows && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            reader.Skip();
        }

        return hash;
    }

    private static UInt128? UserOf(ref Utf8JsonReader reader, in ReadOnlySequence<byte> json)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        UInt128? user = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUser = reader.ValueTextEquals("user_id"u8);
            reader.Read();
            user = isUser ? Named(ref reader, json) : user;
            reader.Skip();
        }

        return user;
    }

    private static UInt128? Named(ref Utf8JsonReader reader, in ReadOnlySequence<byte> json)
    {
        if (reader.TokenType != JsonTokenType.String || (!reader.HasValueSequence && reader.ValueSpan.IsEmpty))
        {
            return null;
        }

        return Digest.Of(json.Slice(reader.TokenStartIndex, reader.BytesConsumed - reader.TokenStartIndex));
    }
}
