using System.Text.Json;
using Holdfast.Recording.Records;
using Holdfast.Recording.Redaction;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Recording.Projection;

/// <summary>Makes a row of a part. Every text of a client or a provider goes through here, and leaves without secrets.</summary>
internal sealed class PartRows(BodyRedaction redaction)
{
    private readonly RowJson _json = new(redaction);

    /// <summary>The row of one part.</summary>
    /// <param name="message">What the parts of its message share.</param>
    /// <param name="part">The part.</param>
    /// <param name="index">Its place.</param>
    /// <param name="mode">Whether it is kept as it came, too.</param>
    public MessageRecord RowOf(MessageRecord message, NeutralPart part, int index, ProjectionMode mode) => message with
    {
        ProviderUuid = Text(message.ProviderUuid),
        Role = redaction.Text(message.Role),
        PartId = $"{message.MessageId}#{index}",
        PartIndex = index,
        PartType = redaction.Text(part.Kind),
        ProviderType = Text(part.Type),
        ProviderSubtype = Text(part.Subtype),
        ContentText = Content(part.Text),
        ToolName = Text(part.ToolName),
        ToolCallId = Text(part.CallId),
        ToolArgs = ArgumentsOf(part.Arguments),
        CallerType = Text(part.CallerType),
        ToolResultFor = Text(part.ResultFor),
        ThinkingSignature = Text(part.Signature),
        IsError = part.IsError,
        Status = _json.Status(part.ToolStatus, null, null, null),
        RawFrame = mode == ProjectionMode.Raw ? redaction.Json(part.Source) : null,
    };

    /// <summary>What could not be read as messages, as far as it is JSON.</summary>
    public string Frame(JsonElement? request, JsonElement? answer) =>
        $$"""{"request":{{redaction.Json(request ?? default)}},"answer":{{redaction.Json(answer ?? default)}}}""";

    /// <summary>A text without secrets.</summary>
    public string? Text(string? text) => text is null ? null : redaction.Text(text);

    /// <summary>A text without secrets and without encoded data.</summary>
    public string? Content(string? text) => text is null ? null : redaction.Text(EncodedData.RemovedFrom(text));

    /// <summary>An id. One in which something looks like a secret is told by its hash: two of them must not become one.</summary>
    public string? Id(string? id) => id is null || redaction.Text(id) == id ? id : MessageIds.Hash(id);

    /// <summary>Arguments come as an object, or as a string that holds one. What a tool takes as plain text stays a
    /// text.</summary>
    private string? ArgumentsOf(JsonElement arguments)
    {
        if (!arguments.IsThere() || arguments.AsText() is "")
        {
            return null;
        }

        return arguments.AsText() is { } text
            && BodyJson.ParseText(text) is { ValueKind: JsonValueKind.Object or JsonValueKind.Array } parsed
            ? redaction.Json(parsed)
            : redaction.Json(arguments);
    }
}
