using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Holdfast.Failover;

/// <summary>Takes a failure out of what it is wrapped in: blanks, JSON in JSON, the names of exceptions, a status in front.
/// The same sentence is read the same however it comes. Pure.</summary>
internal sealed class FailureReader
{
    private const int MostNested = 16;

    private readonly SaidFailure _said;
    private readonly DateTimeOffset? _now;

    private FailureReader(SaidFailure said, DateTimeOffset? now) => (_said, _now) = (said, now);

    public static SaidFailure Read(Failure failure)
    {
        var said = new SaidFailure { Provider = failure.Upstream };
        var reader = new FailureReader(said, failure.Now);
        if (failure.Status is >= 200 and < 300)
        {
            said.IsInSuccess = true;
        }
        else if (failure.Status is { } status)
        {
            said.SetStatus(status, isSure: true);
        }

        reader.ReadCode(failure.Code, isSure: true);
        reader.ReadCode(failure.Type, isSure: true);
        reader.ReadText(failure.Message, 0);
        foreach (var detail in failure.Details)
        {
            reader.ReadText(detail, 1);
        }

        said.JoinAbort();
        return said;
    }

    private void ReadText(string text, int depth)
    {
        if (_said.HasEnough)
        {
            return;
        }

        text = text.Trim().TrimStart('\uFEFF');
        if (PageText.BeginningIn(text) is { } page)
        {
            ReadPage(text, page);
            return;
        }

        var sentence = 0;
        while (FailureText.ExceptionInFront(text.AsSpan(sentence)) is (string name, var behindName))
        {
            _said.AddCode(name);
            if (sentence + behindName == text.Length)
            {
                break;
            }

            sentence += behindName;
        }

        text = text[sentence..];

        var (status, behind) = FailureText.StatusInFront(text);
        if (status is { } known)
        {
            _said.SetStatus(known, isSure: true);
        }

        // A sentence with the provider's own document behind it: the document is the more exact one.
        var json = depth > MostNested ? -1 : text.AsSpan(behind).IndexOf('{');
        if (json >= 0 && text.AsSpan(behind + json + 1).TrimStart() is ['"' or '}', ..] && TryReadDocument(text[(behind + json)..], depth))
        {
            var before = text[..(behind + json)].TrimEnd(' ', ':', '-', '\n', '\r', '[');
            _said.AddText(before.Length == 0 || before.EndsWith("data", StringComparison.Ordinal) ? "" : before);
            return;
        }

        _said.AddText(text);
    }

    private void ReadPage(string text, int page)
    {
        _said.IsPage |= _said.Texts.Count == 0;
        var status = FailureText.StatusInFront(text).Status ?? FailureText.MentionedStatus(text.AsSpan(0, page))
            ?? PageText.StatusOf(text.AsSpan(page));
        if (status is { } known)
        {
            _said.SetStatus(known, isSure: true);
        }

        _said.AddText(Excerpt.Of(text, PageText.Longest));
    }

    private bool TryReadDocument(string text, int depth)
    {
        try
        {
            // Whatever stands behind the document does not matter.
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            using var document = JsonDocument.ParseValue(ref reader);
            ReadObject(document.RootElement, depth + 1);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No document, or a broken one, perhaps with half a character in it: then it is a text like any other.
            return false;
        }
    }

    private void ReadValue(JsonElement value, int depth)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                ReadText(value.GetString()!, depth);
                break;
            case JsonValueKind.Object when depth <= MostNested:
                ReadObject(value, depth + 1);
                break;
            case JsonValueKind.Array when depth <= MostNested:
                foreach (var element in value.EnumerateArray())
                {
                    ReadValue(element, depth + 1);
                }

                break;
        }
    }

    // Inner before outer: the inner error is the one that happened. Only known members: a document may quote the request.
    private void ReadObject(JsonElement element, int depth)
    {
        foreach (var member in element.EnumerateObject())
        {
            if (member.Name.ToLowerInvariant() is "error" or "response")
            {
                ReadValue(member.Value, depth);
            }
        }

        foreach (var member in element.EnumerateObject())
        {
            ReadMember(member.Name.ToLowerInvariant(), member.Value, depth);
        }
    }

    private void ReadMember(string name, JsonElement value, int depth)
    {
        var simple = value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? value.ToString() : null;
        switch (name)
        {
            case "error" or "response":
                break;
            case "message" or "detail" or "title" or "msg" or "error_description" or "raw" or "cause" or "details"
                or "errors" or "innererror" or "metadata" or "violations" or "choices" or "candidates":
                ReadValue(value, depth);
                break;
            case "reason":
                ReadCode(simple, isSure: false);
                ReadValue(value, depth);
                break;
            case "code" or "status" or "statuscode" or "type" or "__type" or "error_type" or "error_code":
                ReadCode(simple, isSure: false);
                break;
            case "finish_reason" or "finishreason" or "stop_reason" when simple is not null:
                _said.AddText("finish_reason: " + simple);
                break;
            case "quotaid" when simple is not null:
                _said.AddText("quota: " + simple);
                break;
            case "headers" when value.ValueKind == JsonValueKind.Object:
                foreach (var header in value.EnumerateObject())
                {
                    _said.RetryAfter ??= RetryHint.Of(header.Name, header.Value.ToString(), _now);
                }

                break;
            default:
                _said.RetryAfter ??= simple is null ? null : RetryHint.Of(name, simple, _now);
                break;
        }
    }

    private void ReadCode(string? code, bool isSure)
    {
        if (int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 400 and < 600)
        {
            _said.SetStatus(number, isSure);
        }

        if (code is not null)
        {
            // "com.amazonaws.bedrock#ThrottlingException:http://…" is Amazon's way to say ThrottlingException.
            var name = code[(code.IndexOf('#') + 1)..];
            _said.AddCode(name.IndexOf(':') is > 0 and var colon ? name[..colon] : name);
        }
    }
}
