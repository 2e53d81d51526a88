using System.Buffers;
using System.Text.Json;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.Anthropic;

/// <summary>Anthropic Messages.</summary>
internal sealed class AnthropicProtocol : WireProtocol
{
    public override string Name => "anthropic";

    public override ProtocolFamily Family => ProtocolFamily.Anthropic;

    public override KeepAliveForm DefaultKeepAlive => KeepAliveForm.Ping;

    public override bool InputIncludesCache => false;

    public override StreamFollower Follow(StreamContext context) => new AnthropicStream(ReadUsage());

    public override AnswerAssembler Assemble() => new AnthropicAssembler();

    public override void ReadRequest(JsonElement request, NeutralTurn turn) => AnthropicRequestReader.Read(request, turn);

    public override void ReadAnswer(JsonElement answer, NeutralTurn turn) => AnthropicAnswerReader.Read(answer, turn);

    public override void WriteErrorBody(GatewayError error, IBufferWriter<byte> output) =>
        ErrorJson.Write(output, json => WriteError(json, error));

    internal static void WriteError(Utf8JsonWriter json, GatewayError error)
    {
        json.WriteStartObject();
        json.WriteString("type", "error");
        json.WriteStartObject("error");
        json.WriteString("type", TypeOf(error));

        // The kind stands in the text: generic retry layers look for it there (G10).
        json.WriteString("message", $"{error.Message} ({error.Kind}: {error.Code.Name})");
        json.WriteHoldfast(error);
        json.WriteEndObject();
        json.WriteString("request_id", error.ExchangeId);
        json.WriteEndObject();
    }

    private static string TypeOf(GatewayError error) => error.Status switch
    {
        _ when error.Code.Class == ErrorClass.Stream => "api_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        504 => "timeout_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };
}
