using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Simulator.Requests;

/// <summary>How the client's end of a connection went away.</summary>
public enum ClientEnd
{
    /// <summary>FIN: the client closed, or closed its sending side.</summary>
    Closed,

    /// <summary>RST, or a write that met one.</summary>
    Reset,

    /// <summary>The simulator itself ended the connection first.</summary>
    EndedByUs,
}

/// <summary>How the simulator's answer to a request ended.</summary>
public enum AnswerEnd
{
    /// <summary>Every byte the script says was handed to the kernel.</summary>
    Sent,

    /// <summary>The script cut the answer short.</summary>
    CutByScript,

    /// <summary>The client was gone before the answer was out.</summary>
    ClientGone,
}

/// <summary>One request as it arrived: raw head, headers in order, body without chunking. Tells its ends.</summary>
public sealed class SimulatedRequest
{
    private readonly TaskCompletionSource<AnswerEnd> _answered =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal SimulatedRequest(int number, int connection, int numberOnConnection, IncomingRequest incoming)
    {
        Number = number;
        Connection = connection;
        NumberOnConnection = numberOnConnection;
        Method = incoming.Method;
        Target = incoming.Target;
        Protocol = incoming.Route.Protocol;
        Model = incoming.Route.Model ?? incoming.Peek.Model;
        Head = incoming.Head.ToArray();
        Body = incoming.Body.ToArray();
        Headers = incoming.ReadHeaders();
        ClientGone = incoming.ClientGone;
    }

    /// <summary>The place in the ledger, from 1.</summary>
    public int Number { get; }

    /// <summary>The connection it came on, from 1 in the order of acceptance.</summary>
    public int Connection { get; }

    /// <summary>Its place among the requests of that connection, from 1.</summary>
    public int NumberOnConnection { get; }

    /// <summary>The method as written.</summary>
    public string Method { get; }

    /// <summary>Path and query as written.</summary>
    public string Target { get; }

    /// <summary>The target without its query.</summary>
    public string Path => Target.Split('?', 2)[0];

    /// <summary>The protocol of the path.</summary>
    public SimulatedProtocol Protocol { get; }

    /// <summary>The model of the body or of a Gemini path, if there is one.</summary>
    public string? Model { get; }

    /// <summary>Request line and headers, blank line included, byte for byte.</summary>
    public ReadOnlyMemory<byte> Head { get; }

    /// <summary>The headers in order, names as written.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>The body, without chunking.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The body as text.</summary>
    public string BodyText => Encoding.UTF8.GetString(Body.Span);

    /// <summary>SHA-256 of the body, lower-case hex.</summary>
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Body.Span));

    /// <summary>Completes when the connection of this request ended.</summary>
    public Task<ClientEnd> ClientGone { get; }

    /// <summary>Completes when the answer ended.</summary>
    public Task<AnswerEnd> Answered => _answered.Task;

    /// <summary>The first value of the header, or null.</summary>
    public string? Header(string name) => HeaderValues(name).FirstOrDefault();

    /// <summary>Every value of the header, one a line, in order.</summary>
    public IEnumerable<string> HeaderValues(string name) =>
        Headers.Where(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value);

    internal void SetAnswered(AnswerEnd end) => _answered.TrySetResult(end);
}
