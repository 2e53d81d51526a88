using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Holdfast.Recording.Redaction;

/// <summary>Takes secrets out of everything that is recorded of a body: keys of the well-known shapes, and what the user's own
/// expressions find. Every expression runs in time linear in the text. Safe from any thread.</summary>
public sealed class BodyRedaction
{
    /// <summary>What stands in the place of a secret.</summary>
    public const string Hidden = "REDACTED";

    private const RegexOptions Linear =
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    // Recordings are read with SQL and jq, never put into a page.
    private static readonly JsonWriterOptions AsWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // What is named "before" and "after" tells what stood there and holds nothing of the secret. A text may be JSON within
    // JSON: there a line end is a backslash and a letter, and no boundary of a word.
    private static readonly Regex WellKnown = new Regex(
        """
        sk-ant-[A-Za-z0-9_-]{8,}
        |(?<before>\\[nrt]|\b)sk-[A-Za-z0-9_-]{16,}
        |AIza[A-Za-z0-9_-]{16,}
        |ya29\.[A-Za-z0-9._-]{10,}
        |gh[pousr]_[A-Za-z0-9]{12,}
        |github_pat_[A-Za-z0-9_]{12,}
        |(?<before>\\[nrt]|\b)(xox[abeprs]-|hf_|gsk_|xai-|nvapi-|pplx-|r8_|glpat-)[A-Za-z0-9_-]{12,}
        |(AKIA|ASIA)[0-9A-Z]{16}
        |(?<before>(?i:aws_?(secret_?access_?key|session_?token))[\\"']*\s*[=:]\s*[\\"']*)[A-Za-z0-9/+=]{16,}
        |(?<before>(?i:bearer)\s+)[A-Za-z0-9._~+/=-]{16,}
        |eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}(\.[A-Za-z0-9_-]*)?
        |(?<before>://[^\s/@:"']+:)[^\s/@"']+(?<after>@)
        """,
        Linear | RegexOptions.IgnorePatternWhitespace);

    private readonly Regex[] _own;

    /// <summary>Takes the user's own expressions on top of the built-in ones. Throws <see cref="ArgumentException"/> for one that
    /// is none, that needs backtracking (look-arounds, back references), or that finds secrets in an empty text.</summary>
    public BodyRedaction(params IEnumerable<string> own) => _own = [.. own.Select(Compile)];

    /// <summary>A text without its secrets: the same instance where it holds none.</summary>
    public string Text(string text)
    {
        if (text.Length == 0)
        {
            return text;
        }

        text = WellKnown.Replace(PrivateKeys.Hide(text), $"${{before}}{Hidden}${{after}}");
        foreach (var one in _own)
        {
            text = one.Replace(text, Hidden);
        }

        return text;
    }

    /// <summary>A value as JSON text, secrets taken out of every string and every name in it.</summary>
    public string Json(JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output, AsWritten))
        {
            Write(json, value);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private void Write(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    json.WritePropertyName(Text(member.Name));
                    Write(json, member.Value);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var one in value.EnumerateArray())
                {
                    Write(json, one);
                }

                json.WriteEndArray();
                break;
            case JsonValueKind.String:
                json.WriteStringValue(Text(value.GetString()!));
                break;
            case JsonValueKind.Undefined:
                json.WriteNullValue();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    private static Regex Compile(string pattern)
    {
        Regex expression;
        try
        {
            expression = new Regex(pattern, Linear);
        }
        catch (NotSupportedException e)
        {
            throw new ArgumentException($"The expression {pattern} needs backtracking: {e.Message}", nameof(pattern), e);
        }

        return expression.IsMatch("")
            ? throw new ArgumentException($"The expression {pattern} matches an empty text.", nameof(pattern))
            : expression;
    }
}
