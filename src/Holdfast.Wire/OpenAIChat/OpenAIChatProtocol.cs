using System.Buffers;
using System.Text.Json;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.OpenAIChat;

/// <summary>OpenAI Chat Completions.</summary>
internal sealed class OpenAIChatProtocol : WireProtocol
{
    public override string Name => "openai-chat";

    public override ProtocolFamily Family => ProtocolFamily.OpenAI;

    public override KeepAliveForm DefaultKeepAlive => KeepAliveForm.Comment;

    public override bool InputIncludesCache => true;

    public override StreamFollower Follow(StreamContext context) => new OpenAIChatStream(context, ReadUsage());

    public override AnswerAssembler Assemble() => new OpenAIChatAssembler();

    public override void ReadRequest(JsonElement request, NeutralTurn turn) => OpenAIChatRequestReader.Read(request, turn);

    public override void ReadAnswer(JsonElement answer, NeutralTurn turn) => OpenAIChatAnswerReader.Read(answer, turn);

    public override void WriteErrorBody(GatewayError error, IBufferWriter<byte> output) =>
        ErrorJson.WriteOpenAIBody(error, output);
}
