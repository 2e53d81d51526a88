namespace Holdfast.Wire.Errors;

/// <summary>What kind of trouble a code names; a generic retry layer decides by it (R35, R95).</summary>
public enum ErrorClass
{
    /// <summary>No connection to the upstream came about: nothing was processed.</summary>
    Connection,

    /// <summary>A connection died after the request went out and before the answer began.</summary>
    Network,

    /// <summary>One of our timers ended the attempt; the message names the timer.</summary>
    Timeout,

    /// <summary>The answer had begun and was lost; it cannot be repaired (R100).</summary>
    Stream,

    /// <summary>The client's request is not acceptable as it is; repeating it will not help.</summary>
    Request,

    /// <summary>The client asks too often; later it may.</summary>
    Limit,

    /// <summary>The gateway itself cannot serve now: it drains, or has a bug.</summary>
    Gateway,
}

/// <summary>One of our own error codes: what the client sees in <c>holdfast-error</c> and <c>docs/errors.md</c> explains.</summary>
/// <param name="Name">The stable name, lower case with underscores.</param>
/// <param name="Status">The HTTP status while a status can still be chosen.</param>
/// <param name="Class">What kind of trouble it is.</param>
/// <param name="Text">The raw text recorded for it (R19, D28): <c>socket hang up</c>, <c>read ECONNRESET</c>, …; else the name.</param>
/// <param name="Meaning">What happened, one sentence.</param>
/// <param name="Cause">The usual root cause.</param>
/// <param name="Fix">What to do about it.</param>
public sealed record ErrorCode(
    string Name, int Status, ErrorClass Class, string Text, string Meaning, string Cause, string Fix);
