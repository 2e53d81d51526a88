using System.Text.Json;

namespace Holdfast.Wire.Usage;

/// <summary>Reads the usage object of any protocol into our own accounting. Later values overwrite earlier ones: usage
/// in a stream is cumulative.</summary>
public struct UsageReader
{
    private long? _input;
    private long? _output;
    private long? _toolInput;
    private long? _reasoning;
    private long? _cacheRead;
    private long? _cacheWrite;

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

            var cached = (_cacheRead ?? 0) + (_cacheWrite ?? 0);
            var stated = (_input ?? 0) + (_toolInput ?? 0);
            var input = InputIncludesCache ? Math.Max(0, stated - cached) : stated;
            return new TokenUsage(input, (_output ?? 0) + (_reasoning ?? 0), _cacheRead ?? 0, _cacheWrite ?? 0);
        }
    }

    /// <summary>Reads the value the reader stands on; anything but an object is skipped. Lists inside are passed over:
    /// they repeat the totals for single passes.</summary>
    public void Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        var depth = reader.CurrentDepth;
        while (reader.Read() && !(reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == depth))
        {
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                reader.Skip();
            }
            else if (reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadCount(ref reader);
            }
        }
    }

    private void ReadCount(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("input_tokens"u8) || reader.ValueTextEquals("prompt_tokens"u8)
            || reader.ValueTextEquals("promptTokenCount"u8))
        {
            Assign(ref reader, ref _input);
        }
        else if (reader.ValueTextEquals("output_tokens"u8) || reader.ValueTextEquals("completion_tokens"u8)
            || reader.ValueTextEquals("candidatesTokenCount"u8))
        {
            Assign(ref reader, ref _output);
        }
        else if (reader.ValueTextEquals("toolUsePromptTokenCount"u8))
        {
            Assign(ref reader, ref _toolInput);
        }
        else if (reader.ValueTextEquals("thoughtsTokenCount"u8))
        {
            Assign(ref reader, ref _reasoning);
        }
        else if (reader.ValueTextEquals("cache_read_input_tokens"u8) || reader.ValueTextEquals("cached_tokens"u8)
            || reader.ValueTextEquals("cachedContentTokenCount"u8) || reader.ValueTextEquals("prompt_cache_hit_tokens"u8))
        {
            Assign(ref reader, ref _cacheRead);
        }
        else if (reader.ValueTextEquals("cache_creation_input_tokens"u8) || reader.ValueTextEquals("cache_write_tokens"u8))
        {
            Assign(ref reader, ref _cacheWrite);
        }
    }

    private static void Assign(ref Utf8JsonReader reader, ref long? target)
    {
        if (reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value))
        {
            target = value;
        }
    }
}
