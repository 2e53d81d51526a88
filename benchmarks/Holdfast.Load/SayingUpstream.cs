using System.Net.Sockets;

namespace Holdfast.Load;

/// <summary>Fails every request with the text it is told.</summary>
internal sealed class SayingUpstream : OwnUpstream
{
    private byte[] _answer = [];

    /// <summary>What it says from now on: the body of a 500, and its type.</summary>
    public void Say(string type, string body) => Volatile.Write(ref _answer, Answer("500 Internal Server Error", type, body));

    protected override void NoteAsked()
    {
    }

    protected override async Task<bool> AnswerAsync(Socket socket)
    {
        ReadOnlyMemory<byte> rest = Volatile.Read(ref _answer);
        while (!rest.IsEmpty)
        {
            rest = rest[await socket.SendAsync(rest)..];
        }

        return false;
    }
}
