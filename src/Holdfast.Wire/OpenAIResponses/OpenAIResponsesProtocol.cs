using System.Buffers;
using System.Text.Json;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.OpenAIResponses;

/// <summary>OpenAI Responses.</summary>
internal sealed class OpenAIResponsesProtocol : WireProtocol
{
    public override string Name => "openai-responses";

    public override ProtocolFamily Family => ProtocolFamily.OpenAI;

    public override KeepAliveForm DefaultKeepAlive => KeepAliveForm.Event;

    public override bool InputIncludesCache => true;

    public override StreamFollower Follow(StreamContext context) => new OpenAIResponsesStream(context, ReadUsage());

    public override AnswerAssembler Assemble() => new OpenAIResponsesAssembler();

    public override void ReadRequest(JsonElement request, NeutralTurn turn) => OpenAIResponsesRequestReader.Read(request, turn);

    public override void ReadAnswer(JsonElement answer, NeutralTurn turn) => OpenAIResponsesAnswerReader.Read(answer, turn);

    public override void WriteErrorBody(GatewayError error, IBufferWriter<byte> output) =>
        ErrorJson.WriteOpenAIBody(error, output);
}
