using ModelService.Benchmarks;

switch (args)
{
    case ["plan", .. var rest]:
        PlanBenchmark.Run(rest);
        return 0;
    default:
        Console.Error.WriteLine("Usage: plan [--rounds N] [--only NETWORK]   ms per image by module and by plan");
        return 2;
}
