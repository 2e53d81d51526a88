using System.Text;
using Holdfast.Simulator.Requests;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>What a client must have in the end, given what arrived before the cut.</summary>
public enum CutOutcome
{
    /// <summary>No whole event arrived: a status and an error body.</summary>
    Status,

    /// <summary>The whole events, then one terminal error.</summary>
    Error,

    /// <summary>Only the closing event was missing: it is added, and the answer is whole.</summary>
    Closed,

    /// <summary>Everything that matters had arrived: not a word more.</summary>
    Whole,
}

/// <summary>One literal stream of about 2 kB and what each of its bytes means; knows nothing of the product's framing.</summary>
public sealed class CutText
{
    private readonly string[] _events;
    private readonly int _lastNeeded;
    private readonly string _closing;

    private CutText(SimulatedProtocol protocol, string[] events, int lastNeeded, string closing)
    {
        Protocol = protocol;
        _events = events;
        _lastNeeded = lastNeeded;
        _closing = closing;
        Text = string.Concat(events);
        Length = Encoding.UTF8.GetByteCount(Text);
    }

    public SimulatedProtocol Protocol { get; }

    public string Text { get; }

    public int Length { get; }

    /// <summary>The stream of a protocol.</summary>
    public static CutText Of(string protocol) => protocol switch
    {
        "anthropic" => Anthropic,
        "openai-chat" => Chat,
        "openai-responses" => Responses,
        _ => Gemini,
    };

    /// <summary>What a cut after so many bytes must look like at the client: the relayed bytes and how they end.</summary>
    /// <remarks>An event that lacks nothing but its line ends counts as arrived: its data is whole.</remarks>
    public (byte[] Relayed, CutOutcome Outcome) After(int bytes)
    {
        var relayed = new StringBuilder();
        var position = 0;
        var whole = 0;
        foreach (var e in _events)
        {
            position += Encoding.UTF8.GetByteCount(e);
            if (bytes < (e[0] == ':' ? position : position - 2))
            {
                break;
            }

            relayed.Append(e);
            whole++;
        }

        var outcome = whole switch
        {
            0 => CutOutcome.Status,
            _ when whole == _events.Length => CutOutcome.Whole,
            _ when whole <= _lastNeeded => CutOutcome.Error,
            _ => _closing.Length > 0 ? CutOutcome.Closed : CutOutcome.Whole,
        };
        var text = outcome == CutOutcome.Closed ? relayed.Append(_closing).ToString() : relayed.ToString();
        return (Encoding.UTF8.GetBytes(text), outcome);
    }

    private static CutText Anthropic { get; } = new(SimulatedProtocol.Anthropic,
    [
        Named("message_start", """{"type":"message_start","message":{"id":"msg_cut","type":"message","role":"assistant","model":"claude-cut","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":3,"cache_read_input_tokens":7,"output_tokens":1}}}"""),
        Named("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"""),
        Named("ping", """{"type": "ping"}"""),
        Named("content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Überlegung: {\"a\": [1, 2]} – 考える 🙂"}}"""),
        Named("content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCgYIARgCKkDT+/9=="}}"""),
        Named("content_block_stop", """{"type":"content_block_stop","index":0}"""),
        Named("content_block_start", """{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"""),
        Named("content_block_delta", """{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"naïve Zeichen ✓ 日本語 \n\n data: event: \"quoted\" "}}"""),
        Named("content_block_delta", """{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"and 🙂."}}"""),
        Named("content_block_stop", """{"type":"content_block_stop","index":1}"""),
        Named("content_block_start", """{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_cut","name":"ls","input":{}}}"""),
        Named("content_block_delta", """{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"p\": \"\u00fc\"}"}}"""),
        Named("content_block_stop", """{"type":"content_block_stop","index":2}"""),
        Named("message_delta", """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15}}"""),
        Named("message_stop", """{"type":"message_stop"}"""),
    ], lastNeeded: 13, Named("message_stop", """{"type":"message_stop"}"""));

    private static CutText Chat { get; } = new(SimulatedProtocol.Chat,
    [
        Chunk("""{"role":"assistant","content":""}""", "null"),
        Chunk("""{"content":"naïve Zeichen ✓ "}""", "null"),
        ": OPENROUTER PROCESSING\n\n",
        Chunk("""{"content":"日本語 {\"a\": [1]} \n\n data: [DONE] "}""", "null"),
        Chunk("""{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"ls","arguments":"{\"p\":\"🙂\"}"}}]}""", "null"),
        Chunk("""{"content":"A longer piece of text with a \u00fc, a \ud83d\ude42 and a backslash \\, "}""", "null"),
        Chunk("""{"content":"so that the stream comes to its two thousand bytes, as a short real answer does; "}""", "null"),
        Chunk("""{"content":"and 🙂."}""", "null"),
        Chunk("{}", "\"stop\""),
        Data("""{"id":"chatcmpl-cut","object":"chat.completion.chunk","created":1795132800,"model":"gpt-cut","choices":[],"usage":{"prompt_tokens":25,"completion_tokens":15,"total_tokens":40}}"""),
        Data("[DONE]"),
    ], lastNeeded: 8, Data("[DONE]"));

    private static CutText Responses { get; } = new(SimulatedProtocol.Responses,
    [
        Typed("response.created", 0, """ "response":{"id":"resp_cut","object":"response","created_at":1795132800,"status":"in_progress","model":"gpt-cut","output":[],"usage":null}"""),
        Typed("response.in_progress", 1, """ "response":{"id":"resp_cut","object":"response","created_at":1795132800,"status":"in_progress","model":"gpt-cut","output":[],"usage":null}"""),
        Typed("response.output_item.added", 2, """ "output_index":0,"item":{"id":"msg_cut","type":"message","status":"in_progress","role":"assistant","content":[]}"""),
        Typed("response.output_text.delta", 3, """ "item_id":"msg_cut","output_index":0,"content_index":0,"delta":"naïve ✓ 日本語 {\"a\": [1]} " """),
        Typed("response.output_text.delta", 4, """ "item_id":"msg_cut","output_index":0,"content_index":0,"delta":"and \n\n data: 🙂." """),
        Typed("response.output_text.delta", 5, """ "item_id":"msg_cut","output_index":0,"content_index":0,"delta":"one more, with a \u00fc" """),
        Typed("response.output_item.done", 6, """ "output_index":0,"item":{"id":"msg_cut","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Text 🙂.","annotations":[]}]}"""),
        Typed("response.completed", 7, """ "response":{"id":"resp_cut","object":"response","created_at":1795132800,"status":"completed","model":"gpt-cut","output":[],"usage":{"input_tokens":25,"input_tokens_details":{"cached_tokens":5},"output_tokens":15,"total_tokens":40}}"""),
    ], lastNeeded: 7, "");

    private static CutText Gemini { get; } = new(SimulatedProtocol.Gemini,
    [
        Candidate("""{"text":"Überlegung 考える ","thought":true}""", ""),
        Candidate("""{"text":"naïve Zeichen ✓ "}""", ""),
        Candidate("""{"text":"日本語 {\"a\": [1]} \n\n data: "}""", ""),
        Candidate("""{"text":"A longer piece of text with a \u00fc, a \ud83d\ude42 and a backslash \\, "}""", ""),
        Candidate("""{"text":"a second one, after which there is still something to say, "}""", ""),
        Candidate("""{"text":"and a third, which says it: a short real answer has about as many bytes as this; "}""", ""),
        Candidate("""{"functionCall":{"name":"ls","args":{"p":"🙂"}},"thoughtSignature":"CqQBAdHtim8="}""", ""),
        Candidate("""{"text":"and more text, so that the stream gets near its two thousand bytes 🙂."}""", ""),
        Candidate("""{"text":""}""", "\"finishReason\":\"STOP\","),
        Data("""{"candidates":[],"usageMetadata":{"promptTokenCount":25,"candidatesTokenCount":15,"totalTokenCount":40},"modelVersion":"gemini-cut","responseId":"cut"}"""),
    ], lastNeeded: 8, "");

    private static string Data(string json) => $"data: {json}\n\n";

    private static string Named(string name, string json) => $"event: {name}\ndata: {json}\n\n";

    private static string Typed(string type, int sequence, string rest) =>
        Named(type, $$"""{"type":"{{type}}","sequence_number":{{sequence}},{{rest.Trim()}}}""");

    private static string Chunk(string delta, string finish) => Data(
        $$"""{"id":"chatcmpl-cut","object":"chat.completion.chunk","created":1795132800,"model":"gpt-cut","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{finish}}}]}""");

    private static string Candidate(string part, string finish) => Data(
        $$"""{"candidates":[{"content":{"parts":[{{part}}],"role":"model"},{{finish}}"index":0}],"modelVersion":"gemini-cut","responseId":"cut"}""");
}
