using System.Buffers;
using Holdfast.Wire.Errors;

namespace Holdfast.Wire.OpenAIChat;

/// <summary>OpenAI Chat Completions.</summary>
internal sealed class OpenAIChatProtocol : WireProtocol
{
    public override string Name => "openai-chat";

    public override ProtocolFamily Family => ProtocolFamily.OpenAI;

    public override KeepAliveForm DefaultKeepAlive => KeepAliveForm.Comment;

    public override bool InputIncludesCache => true;

    public override StreamFollower Follow(StreamContext context) => new OpenAIChatStream(context);

    public override AnswerAssembler Assemble() => new ChatAssembler();

    public override void WriteErrorBody(GatewayError error, IBufferWriter<byte> output) =>
        ErrorJson.Write(output, json =>
        {
            json.WriteStartObject();
            json.WriteOpenAIError(error);
            json.WriteEndObject();
        });
}
