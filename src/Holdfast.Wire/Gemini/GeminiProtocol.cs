using System.Buffers;
using System.Text.Json;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.Gemini;

/// <summary>Gemini generateContent.</summary>
internal sealed class GeminiProtocol : WireProtocol
{
    public override string Name => "gemini";

    public override ProtocolFamily Family => ProtocolFamily.Gemini;

    public override KeepAliveForm DefaultKeepAlive => KeepAliveForm.Blank;

    public override bool InputIncludesCache => true;

    public override StreamFollower Follow(StreamContext context) =>
        context.IsArray ? new GeminiArrayStream(ReadUsage()) : new GeminiStream(ReadUsage());

    public override AnswerAssembler Assemble() => new GeminiAssembler();

    public override void ReadRequest(JsonElement request, NeutralTurn turn) => GeminiRequestReader.Read(request, turn);

    public override void ReadAnswer(JsonElement answer, NeutralTurn turn) => GeminiAnswerReader.Read(answer, turn);

    public override void WriteErrorBody(GatewayError error, IBufferWriter<byte> output) =>
        ErrorJson.Write(output, json => WriteError(json, error));

    internal static void WriteError(Utf8JsonWriter json, GatewayError error)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteNumber("code", error.Status);
        json.WriteString("message", $"{error.Message} ({error.Kind}: {error.Code.Name})");
        json.WriteString("status", error.Status switch
        {
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            < 500 => "INVALID_ARGUMENT",
            500 => "INTERNAL",
            504 => "DEADLINE_EXCEEDED",
            _ => "UNAVAILABLE",
        });
        json.WriteHoldfast(error);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
