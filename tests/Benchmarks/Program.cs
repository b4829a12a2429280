using ModelService.Benchmarks;

// dotnet run -c Release --project tests/Benchmarks -- weights
// dotnet run -c Release --project tests/Benchmarks -- analysis
switch (args)
{
    case ["weights"]:
        WeightsBenchmark.Run();
        return 0;
    case ["analysis"]:
        AnalysisBenchmark.Run();
        return 0;
    default:
        Console.Error.WriteLine("Say which: weights, analysis");
        return 1;
}
