namespace ModelService.Models.Language.Predefined;

/// <summary>A family of networks, with the idea it introduced.</summary>
/// <param name="Name">The family's name, with which the names of its networks begin.</param>
/// <param name="Idea">Its idea, in two sentences.</param>
/// <param name="Paper">Where it was published.</param>
public sealed record ArchitectureFamily(string Name, string Idea, string Paper)
{
    private static readonly ArchitectureFamily[] Known =
    [
        new(
            "alexnet",
            "Showed that a deep network of convolutions, trained on GPUs with ReLU activations and dropout, is far "
                + "more accurate than hand-made features. This is torchvision's slimmer variant, for one GPU and "
                + "without local response norm.",
            "Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014, arXiv:1404.5997"
        ),
        new(
            "vgg",
            "Stacks only 3x3 convolutions: two of them have the receptive field of a 5x5 one, with fewer parameters "
                + "and one more non-linearity. Depth alone, up to 19 layers, brings the accuracy; the _bn variants "
                + "put a batch norm behind every convolution.",
            "Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, 2014, "
                + "arXiv:1409.1556"
        ),
        new(
            "resnet",
            "Adds a block's input to its output, so that the block learns a difference and the gradient can bypass "
                + "it: networks of more than a hundred layers can be trained. From 50 layers on, 1x1 convolutions "
                + "narrow the channels before each 3x3 and widen them after it.",
            "He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015, arXiv:1512.03385"
        ),
        new(
            "resnext",
            "Splits a ResNet block's 3x3 convolution into many groups, each of which sees a few channels only: more "
                + "groups (the cardinality) help more than more layers or channels of the same cost.",
            "Xie et al., Aggregated Residual Transformations for Deep Neural Networks, 2016, arXiv:1611.05431"
        ),
        new(
            "wide_resnet",
            "Doubles the channels inside of a ResNet's blocks instead of adding layers: as accurate as a much deeper "
                + "network, and faster, since wide convolutions use the processor better.",
            "Zagoruyko and Komodakis, Wide Residual Networks, 2016, arXiv:1605.07146"
        ),
        new(
            "densenet",
            "Gives each layer the outputs of all layers before it in its block, joined along the channels. Features "
                + "are used again instead of computed again, so that few channels a layer are enough.",
            "Huang, Liu, van der Maaten and Weinberger, Densely Connected Convolutional Networks, 2016, "
                + "arXiv:1608.06993"
        ),
        new(
            "mnasnet",
            "Was found by a search that counted a phone's measured time as well as accuracy. It is made of "
                + "MobileNetV2's blocks, some with 5x5 windows, and differs from stage to stage; the number in the "
                + "name scales the channels.",
            "Tan et al., MnasNet: Platform-Aware Neural Architecture Search for Mobile, 2018, arXiv:1807.11626"
        ),
        new(
            "squeezenet",
            "Squeezes the channels with 1x1 convolutions before it expands them with 1x1 and 3x3 ones side by side, "
                + "and shrinks the picture late. It reaches AlexNet's accuracy with a fiftieth of its parameters; its "
                + "head is a convolution, averaged over the picture.",
            "Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size, 2016, "
                + "arXiv:1602.07360"
        ),
        new(
            "mobilenet",
            "Splits a convolution into a depthwise one, which filters each channel by itself, and a 1x1 one, which "
                + "mixes channels: a fraction of the cost. Version 2 widens the channels inside a block and adds the "
                + "block's narrow input to its narrow output, without an activation there, which would destroy "
                + "information.",
            "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018, arXiv:1801.04381"
        ),
    ];

    /// <summary>The family of a predefined architecture.</summary>
    internal static ArchitectureFamily Find(string architecture) =>
        Array.Find(Known, family => architecture.StartsWith(family.Name, StringComparison.Ordinal))
        ?? throw new InvalidOperationException($"{architecture} does not belong to a known family.");
}
