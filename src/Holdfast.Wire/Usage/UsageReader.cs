using System.Text;
using System.Text.Json;

namespace Holdfast.Wire.Usage;

/// <summary>Reads the usage object of any protocol into our own accounting. Later values overwrite earlier ones: usage
/// in a stream is cumulative. Allocates nothing but the first mention of a service tier it does not know.</summary>
public struct UsageReader
{
    /// <summary>More is no count of tokens; sums of less cannot overflow.</summary>
    private const long Most = 1_000_000_000_000;

    /// <summary>Longer names and words are none of those looked for.</summary>
    private const int Longest = 32;

    private long? _input;
    private long? _output;
    private long? _toolInput;
    private long? _thoughts;
    private long? _reasoning;
    private long? _cacheRead;
    private long? _cacheWrite;
    private long? _cacheWrite5m;
    private long? _cacheWrite1h;
    private long? _searches;
    private string? _tier;
    private bool _isFast;
    private bool _isUsOnly;

    /// <summary>Where in the usage object a member stands: the same name means something else elsewhere.</summary>
    private enum Part
    {
        /// <summary>Where nothing is looked for.</summary>
        Other,

        /// <summary>In the usage object itself.</summary>
        Usage,

        /// <summary>In the details of the input.</summary>
        Input,

        /// <summary>In the details of the output.</summary>
        Output,

        /// <summary>In Anthropic's split of cache writes.</summary>
        CacheWrites,

        /// <summary>In Anthropic's counts of server tools.</summary>
        ServerTools,

        /// <summary>In the counts of tools that Responses states beside the usage.</summary>
        ToolUsage,

        /// <summary>In those of its web searches.</summary>
        WebSearches,
    }

    /// <summary>Whether the input count this protocol states includes what came from the cache
    /// (OpenAI and Gemini: yes; Anthropic: no).</summary>
    public bool InputIncludesCache { get; init; }

    /// <summary>What was stated so far, or null.</summary>
    public readonly TokenUsage? Usage
    {
        get
        {
            if (_input is null && _output is null)
            {
                return null;
            }

            var written = _cacheWrite ?? (_cacheWrite5m ?? 0) + (_cacheWrite1h ?? 0);
            var cached = (_cacheRead ?? 0) + written;
            var stated = (_input ?? 0) + (_toolInput ?? 0);
            var input = InputIncludesCache ? Math.Max(0, stated - cached) : stated;
            return new TokenUsage(input, (_output ?? 0) + (_thoughts ?? 0), _cacheRead ?? 0, written)
            {
                CacheWrite1h = Math.Min(written, _cacheWrite1h ?? 0),
                Reasoning = _thoughts ?? Math.Min(_output ?? 0, _reasoning ?? 0),
                ServerToolRequests = _searches ?? 0,
                ServiceTier = _isFast ? "fast" : _tier,
                IsUsOnly = _isUsOnly,
            };
        }
    }

    /// <summary>Reads the usage object the reader stands on; anything else is skipped.</summary>
    public void Read(ref Utf8JsonReader reader) => ReadPart(ref reader, Part.Usage);

    /// <summary>Reads the object <c>tool_usage</c> the reader stands on, which Responses states beside the usage.</summary>
    public void ReadToolUsage(ref Utf8JsonReader reader) => ReadPart(ref reader, Part.ToolUsage);

    /// <summary>Reads the service tier the reader stands on, which OpenAI states beside the usage.</summary>
    public void ReadServiceTier(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
        }
        else if (reader.ValueTextEquals("default"u8) || reader.ValueTextEquals("standard"u8))
        {
            _tier = "standard";
        }
        else if (!reader.ValueTextEquals("auto"u8) && !(_tier is not null && reader.ValueTextEquals(_tier)))
        {
            // "auto" was asked for, and says nothing of what is served.
            Span<byte> copy = stackalloc byte[Longest];
            var word = TextOf(reader, copy);
            _tier = word.IsEmpty ? _tier : WordOf(word);
        }
    }

    private static string WordOf(ReadOnlySpan<byte> tier) =>
        tier.SequenceEqual("priority"u8) ? "priority"
        : tier.SequenceEqual("flex"u8) ? "flex"
        : tier.SequenceEqual("batch"u8) ? "batch"
        : tier.SequenceEqual("fast"u8) ? "fast"
        : Encoding.UTF8.GetString(tier);

    private void ReadPart(ref Utf8JsonReader reader, Part part)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        Span<byte> copy = stackalloc byte[Longest];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = TextOf(reader, copy);
            reader.Read();
            if (reader.TokenType == JsonTokenType.Number)
            {
                if (reader.TryGetInt64(out var value) && value is >= 0 and <= Most)
                {
                    Note(part, name, value);
                }
            }
            else if (reader.TokenType == JsonTokenType.StartObject && PartOf(part, name) is not Part.Other and var inner)
            {
                ReadPart(ref reader, inner);
            }
            else if (reader.TokenType == JsonTokenType.String && part == Part.Usage)
            {
                NoteWord(ref reader, name);
            }
            else
            {
                // Lists are passed over as well: they repeat the totals for single passes.
                reader.Skip();
            }
        }
    }

    private static Part PartOf(Part outer, ReadOnlySpan<byte> name) => outer switch
    {
        Part.Usage when name.SequenceEqual("input_tokens_details"u8) || name.SequenceEqual("prompt_tokens_details"u8) => Part.Input,
        Part.Usage when name.SequenceEqual("output_tokens_details"u8) || name.SequenceEqual("completion_tokens_details"u8) => Part.Output,
        Part.Usage when name.SequenceEqual("cache_creation"u8) => Part.CacheWrites,
        Part.Usage when name.SequenceEqual("server_tool_use"u8) => Part.ServerTools,
        Part.ToolUsage when name.SequenceEqual("web_search"u8) => Part.WebSearches,
        _ => Part.Other,
    };

    private void Note(Part part, ReadOnlySpan<byte> name, long value)
    {
        switch (part)
        {
            case Part.Usage:
                NoteTotal(name, value);
                break;
            case Part.Input when name.SequenceEqual("cached_tokens"u8):
                _cacheRead = value;
                break;
            case Part.Input when name.SequenceEqual("cache_write_tokens"u8):
                _cacheWrite = value;
                break;
            case Part.Output when name.SequenceEqual("reasoning_tokens"u8) || name.SequenceEqual("thinking_tokens"u8):
                _reasoning = value;
                break;
            case Part.CacheWrites when name.SequenceEqual("ephemeral_5m_input_tokens"u8):
                _cacheWrite5m = value;
                break;
            case Part.CacheWrites when name.SequenceEqual("ephemeral_1h_input_tokens"u8):
                _cacheWrite1h = value;
                break;
            case Part.ServerTools when name.SequenceEqual("web_search_requests"u8):
            case Part.WebSearches when name.SequenceEqual("num_requests"u8):
                _searches = value;
                break;
        }
    }

    private void NoteTotal(ReadOnlySpan<byte> name, long value)
    {
        if (name.SequenceEqual("input_tokens"u8) || name.SequenceEqual("prompt_tokens"u8)
            || name.SequenceEqual("promptTokenCount"u8))
        {
            _input = value;
        }
        else if (name.SequenceEqual("output_tokens"u8) || name.SequenceEqual("completion_tokens"u8)
            || name.SequenceEqual("candidatesTokenCount"u8))
        {
            _output = value;
        }
        else if (name.SequenceEqual("cache_read_input_tokens"u8) || name.SequenceEqual("cached_tokens"u8)
            || name.SequenceEqual("cachedContentTokenCount"u8) || name.SequenceEqual("prompt_cache_hit_tokens"u8))
        {
            _cacheRead = value;
        }
        else if (name.SequenceEqual("cache_creation_input_tokens"u8) || name.SequenceEqual("cache_write_tokens"u8))
        {
            _cacheWrite = value;
        }
        else if (name.SequenceEqual("thoughtsTokenCount"u8))
        {
            _thoughts = value;
        }
        else if (name.SequenceEqual("toolUsePromptTokenCount"u8))
        {
            _toolInput = value;
        }
    }

    private void NoteWord(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("service_tier"u8))
        {
            ReadServiceTier(ref reader);
        }
        else if (name.SequenceEqual("speed"u8))
        {
            _isFast = reader.ValueTextEquals("fast"u8);
        }
        else if (name.SequenceEqual("inference_geo"u8))
        {
            _isUsOnly = reader.ValueTextEquals("us"u8);
        }
    }

    /// <summary>The name or text the reader stands on; empty where it is longer than any that is looked for.</summary>
    private static ReadOnlySpan<byte> TextOf(in Utf8JsonReader reader, Span<byte> copy)
    {
        if (!reader.HasValueSequence && !reader.ValueIsEscaped)
        {
            return reader.ValueSpan.Length <= copy.Length ? reader.ValueSpan : default;
        }

        var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        return length <= copy.Length ? copy[..reader.CopyString(copy)] : default;
    }
}
