// Benchmarks of single parts: dotnet run -c Release --project benchmarks/Holdfast.Benchmarks -- --filter '*'
using System.Reflection;
using BenchmarkDotNet.Running;

BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
