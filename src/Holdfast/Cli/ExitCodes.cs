namespace Holdfast.Cli;

/// <summary>What the process answers its caller.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>It could not do what was asked: an address in use, a file that cannot be written.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the configuration is wrong; nothing was begun.</summary>
    public const int WrongUse = 2;

    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Done, "Done; for `serve` and `simulate`: stopped as asked."),
        (Failed, "It could not be done: an address in use, a file that cannot be written."),
        (WrongUse, "The command line or the configuration is wrong; every error is printed, nothing was begun."),
    ];
}
