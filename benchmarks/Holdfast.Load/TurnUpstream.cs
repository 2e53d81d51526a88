using System.Net.Sockets;
using System.Text;

namespace Holdfast.Load;

/// <summary>Answers every request with one long turn: all but its last event at once, that one when it is told to.</summary>
internal sealed class TurnUpstream : OwnUpstream
{
    /// <summary>About a megabyte of them.</summary>
    public const int Events = 1_000;

    private const int TextLength = 900;
    private static readonly byte[] Turn = Answer("200 OK", "text/event-stream", Body());
    private static readonly int BeforeLast = Turn.AsSpan(0, Turn.Length - 2).LastIndexOf("\n\n"u8) + 2;
    private TaskCompletionSource _mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _asked;

    /// <summary>Whether it waits before the last event.</summary>
    public bool Waits { get; init; }

    /// <summary>How often it was asked.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>The answer that waits may end.</summary>
    public void End() =>
        Interlocked.Exchange(ref _mayEnd, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    protected override void NoteAsked() => Interlocked.Increment(ref _asked);

    protected override async Task<bool> AnswerAsync(Socket socket)
    {
        var mayEnd = Volatile.Read(ref _mayEnd).Task;
        await SendAsync(socket, Turn.AsMemory(0, BeforeLast));
        if (Waits)
        {
            await mayEnd;
        }

        await SendAsync(socket, Turn.AsMemory(BeforeLast));
        return false;
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes)..];
        }
    }

    private static string Body()
    {
        var body = new StringBuilder(
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"bench\"}}\n\n");
        var text = new string('a', TextLength);
        for (var i = 0; i < Events - 2; i++)
        {
            body.Append("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,")
                .Append("\"delta\":{\"type\":\"text_delta\",\"text\":\"").Append(text).Append("\"}}\n\n");
        }

        return body.Append("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n").ToString();
    }
}
