using System.Buffers;
using System.Text.Json;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Json;
using Holdfast.Wire.Usage;

namespace Holdfast.Wire.Gemini;

/// <summary>Follows a Gemini stream (<c>alt=sse</c>): it has no closing event, it is whole once every candidate has its
/// finish reason or the prompt was blocked.</summary>
internal class GeminiStream(UsageReader usage) : StreamFollower
{
    private readonly ChoiceSet _candidates = new();
    private UsageReader _usage = usage;

    public override TokenUsage? Usage => _usage.Usage;

    protected override bool BreaksOnComments => true;

    public override void WriteKeepAlive(KeepAliveForm form, IBufferWriter<byte> output) =>
        output.Write(form == KeepAliveForm.Comment ? ": keepalive\n\n"u8 : "\n"u8);

    public override void WriteError(GatewayError error, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        ErrorJson.Write(output, json => GeminiProtocol.WriteError(json, error));
        output.Write("\n\n"u8);
    }

    public override void WriteUpstreamError(ReadOnlySpan<byte> body, GatewayError error, IBufferWriter<byte> output)
    {
        if (!ErrorPeek.HasErrorObject(body))
        {
            WriteError(error, output);
            return;
        }

        output.Write("data: "u8);
        JsonPeek.WriteOnOneLine(body, output);
        output.Write("\n\n"u8);
    }

    protected override void Read(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        HasBegun = true;
        var reader = new Utf8JsonReader(data, JsonPeek.Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("candidates"u8))
            {
                reader.Read();
                ReadCandidates(ref reader);
            }
            else if (reader.ValueTextEquals("usageMetadata"u8))
            {
                reader.Read();
                _usage.Read(ref reader);
            }
            else if (reader.ValueTextEquals("modelVersion"u8) && Model is null)
            {
                reader.Read();
                Model = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            }
            else if (reader.ValueTextEquals("promptFeedback"u8))
            {
                reader.Read();
                IsWhole |= HasMember(ref reader, "blockReason"u8);
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                reader.Skip();
                HasFailed = true;
                IsTerminal = true;
                UpstreamError = ErrorPeek.TypeOf(data) ?? "error";
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        IsWhole |= _candidates.AllFinished;
    }

    private void ReadCandidates(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var index = 0;
            var isFinished = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("index"u8))
                {
                    reader.Read();
                    index = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var n) ? n : 0;
                }
                else if (reader.ValueTextEquals("finishReason"u8))
                {
                    reader.Read();
                    isFinished = reader.TokenType == JsonTokenType.String;
                    OddStop ??= StopReason.Odd(reader);
                }
                else if (reader.ValueTextEquals("content"u8))
                {
                    reader.Read();
                    ReadContent(ref reader);
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }

            _candidates.Note(index, isFinished);
        }
    }

    private void ReadContent(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isParts = reader.ValueTextEquals("parts"u8);
            reader.Read();
            if (!isParts || reader.TokenType != JsonTokenType.StartArray)
            {
                HasOutput |= !JsonPeek.IsEmpty(ref reader) && isParts;
                continue;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                HasOutput = true;
                ReadPart(ref reader);
            }
        }
    }

    private void ReadPart(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isText = reader.ValueTextEquals("text"u8);
            var isCall = !isText && reader.ValueTextEquals("functionCall"u8);
            reader.Read();
            if (isCall && reader.TokenType == JsonTokenType.StartObject)
            {
                ReadCall(ref reader);
                continue;
            }

            Generated += isText && reader.TokenType == JsonTokenType.String ? GeneratedText.Length(reader.ValueSpan) : 0;
            reader.Skip();
        }
    }

    /// <summary>Arguments were generated as the JSON they are.</summary>
    private void ReadCall(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isArguments = reader.ValueTextEquals("args"u8);
            reader.Read();
            var start = reader.TokenStartIndex;
            reader.Skip();
            Generated += isArguments ? reader.BytesConsumed - start : 0;
        }
    }

    /// <summary>Whether the object the reader stands on has a member that says something; reads it to its end.</summary>
    private static bool HasMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return false;
        }

        var found = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMatch = reader.ValueTextEquals(name);
            reader.Read();
            found |= !JsonPeek.IsEmpty(ref reader) && isMatch;
        }

        return found;
    }
}
