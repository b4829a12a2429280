using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace ModelService.Models.Weights;

/// <summary>Spreads work over the cores: reading weights is bound by how fast one of them moves bytes.</summary>
internal static class AllCores
{
    /// <summary>Does the work for each item; the first exception ends it and comes out as it was thrown.</summary>
    public static void ForEach<T>(IReadOnlyList<T> items, Action<T> work)
    {
        try
        {
            Parallel.ForEach(Partitioner.Create([.. items], loadBalance: true), work);
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }
}
