namespace Holdfast.EndToEnd.Programs;

/// <summary>The collection of tests that start gateways of their own: one after another, so that the clients which sit
/// through silences beside them keep their share of the machine.</summary>
[CollectionDefinition(nameof(OwnProcesses))]
public sealed class OwnProcesses;
