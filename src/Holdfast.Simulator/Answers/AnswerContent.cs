using System.Text;
using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.Simulator.Answers;

/// <summary>What an answer says before any fault is done to it: status, type and pieces with their waits.</summary>
internal sealed record AnswerContent(SimulatedProtocol Protocol, int Status, string ContentType, bool Streamed)
{
    public IReadOnlyList<Piece> Pieces { get; init; } = [];

    /// <summary>Headers the content itself asks for, such as <c>retry-after</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public static AnswerContent Whole(SimulatedProtocol protocol, int status, string body, string contentType) =>
        new(protocol, status, contentType, Streamed: false)
        {
            Pieces = [new Piece(Encoding.UTF8.GetBytes(body), EventRole.Terminal)],
        };

    public static AnswerContent Json(SimulatedProtocol protocol, int status, string body) =>
        Whole(protocol, status, body, "application/json");

    public static AnswerContent Stream(Transcript transcript) =>
        new(transcript.Protocol, 200, transcript.ContentType, Streamed: true)
        {
            Pieces = [.. transcript.Events.Select(e => new Piece(e.Bytes, e.Role))],
        };
}

/// <summary>Some bytes of a body that go out in one write, and the wait before them.</summary>
internal readonly record struct Piece(ReadOnlyMemory<byte> Bytes, EventRole Role, TimeSpan Wait = default);
