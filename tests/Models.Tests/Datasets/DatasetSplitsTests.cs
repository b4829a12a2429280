using ModelService.Models.Datasets;

namespace ModelService.Models.Tests.Datasets;

/// <summary>Properties of the splits, on data sets drawn at random.</summary>
public sealed class DatasetSplitsTests
{
    [Fact]
    public void Assign_WithoutSplits_DrawsAboutTheShareOfEachClass()
    {
        var images = Enumerable.Range(0, 4000).Select(i => Image(i, i % 4 == 0 ? "rare" : "often")).ToList();

        var splits = DatasetSplits.Assign(images, seed: 1, valShare: 0.2, testShare: 0.1);

        foreach (var label in (string[])["rare", "often"])
        {
            var of = images.Index().Where(pair => pair.Item.Label == label).Select(pair => splits[pair.Index]).ToList();
            Assert.InRange(of.Count(split => split == Split.Val) / (double)of.Count, 0.16, 0.24);
            Assert.InRange(of.Count(split => split == Split.Test) / (double)of.Count, 0.07, 0.13);
        }

        Assert.NotEqual(splits, DatasetSplits.Assign(images, seed: 2, valShare: 0.2, testShare: 0.1));
        Assert.All(DatasetSplits.Assign(images, 1, 0, 0), split => Assert.Equal(Split.Train, split));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Assign_SmallClasses_HaveAnImageInEachSplit(int count)
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var images = Enumerable.Range(0, 10 * count).Select(i => Image(i, $"{i % 10}")).ToList();
            var splits = DatasetSplits.Assign(images, seed);
            foreach (var ofClass in images.Index().GroupBy(pair => pair.Item.Label))
            {
                var found = ofClass.Select(pair => splits[pair.Index]).Distinct().Order();
                Assert.Equal([Split.Train, Split.Val], found);
            }
        }
    }

    [Fact]
    public void Assign_AnySet_KeepsItsPromises()
    {
        var random = TestSeed.Generator();
        for (var round = 0; round < 200; round++)
        {
            var images = Draw(random, random.Next(1, 200));
            var (seed, val, test) = (random.Next(), random.Next(3) * 0.25, random.Next(2) * 0.25);
            var splits = DatasetSplits.Assign(images, seed, val, test);

            Assert.Equal(splits, DatasetSplits.Assign(images, seed, val, test));
            var backwards = DatasetSplits.Assign([.. images.AsEnumerable().Reverse()], seed, val, test);
            Assert.Equal(splits, backwards.Reverse());
            foreach (var (index, image) in images.Index())
            {
                if (image.Split is Split.Val or Split.Test)
                    Assert.Equal(image.Split, splits[index]);
                if (images.Any(other => other.Split == splits[index]) || splits[index] == Split.Train)
                    continue;
                Assert.True(splits[index] == Split.Val ? val > 0 : test > 0);
            }

            foreach (
                var group in images.Index().Where(pair => pair.Item.Group is not null).GroupBy(pair => pair.Item.Group)
            )
            {
                var open = group.Where(pair => pair.Item.Split is null);
                Assert.Single(open.Select(pair => splits[pair.Index]).Distinct().DefaultIfEmpty());
            }
        }
    }

    [Fact]
    public void Assign_MoreImages_MoveNoOthersOfLargeClasses()
    {
        var images = Enumerable.Range(0, 600).Select(i => Image(i, $"{i % 3}")).ToList();

        var before = DatasetSplits.Assign(images.Take(300).ToList(), seed: 7);

        Assert.Equal(before, DatasetSplits.Assign(images, seed: 7).Take(300));
    }

    private static List<DatasetImage> Draw(Random random, int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                    Image(i, $"{random.Next(4)}") with
                    {
                        Group = random.Next(2) == 0 ? $"g{random.Next(10)}" : null,
                        Split = random.Next(20) switch
                        {
                            0 => Split.Test,
                            1 when count % 2 == 0 => Split.Val,
                            < 5 => Split.Train,
                            _ => null,
                        },
                    }
                ),
        ];

    private static DatasetImage Image(int number, string label) =>
        new($"{number:x64}", label, null, null, null, 1, 1, 0, 0);
}
