"""Tables to start from, one of each kind; all rows are made up."""

MINIMAL_PAIRS = """sentence_good\tsentence_bad\tgroup
The key to the cabinets is on the table.\tThe key to the cabinets are on the table.\tacross a plural
The letters from my aunt are in the drawer.\tThe letters from my aunt is in the drawer.\tacross a singular
The picture of the boats hangs in the hall.\tThe picture of the boats hang in the hall.\tacross a plural
The windows of the shop were open all day.\tThe windows of the shop was open all day.\tacross a singular
The teacher of the twins speaks very softly.\tThe teacher of the twins speak very softly.\tacross a plural
The dogs that the boy feeds sleep outside.\tThe dogs that the boy feeds sleeps outside.\tin a relative clause
The farmer who keeps the goats lives alone.\tThe farmer who keeps the goats live alone.\tin a relative clause
The nurses who saw the doctor have gone home.\tThe nurses who saw the doctor has gone home.\tin a relative clause
The lid of the jars does not fit.\tThe lid of the jars do not fit.\tacross a plural
The colours on the map have faded.\tThe colours on the map has faded.\tacross a singular
The songs that she wrote were short.\tThe songs that she wrote was short.\tin a relative clause
The pages of the book are torn.\tThe pages of the book is torn.\tacross a singular"""

LABELLED_PAIRS = """text_a\ttext_b\tlabel
She put the kettle on the stove.\tAfter a few minutes the water began to boil.\t1
She put the kettle on the stove.\tThe committee will publish its report in June.\t0
The train was two hours late.\tNobody on the platform knew why.\t1
The train was two hours late.\tOlives are pressed within a day of the harvest.\t0
He could not find his glasses anywhere.\tThey were on top of his head.\t1
He could not find his glasses anywhere.\tThe treaty was signed in the autumn.\t0
The children built a hut in the garden.\tIt stood there until the first storm.\t1
The children built a hut in the garden.\tShares in the bank fell again on Monday.\t0
It had rained for a week.\tThe river rose above its banks.\t1
It had rained for a week.\tHer first novel was translated into ten languages.\t0
The old lift had stopped working.\tWe walked up to the fifth floor.\t1
The old lift had stopped working.\tPenguins feed mainly on small fish.\t0"""

TEXTS = """text,group
The dog slept in front of the fire.,plain
The child drew a house with a red roof.,plain
They waited for the bus in the rain.,plain
My sister bakes bread on Sundays.,plain
The horse raced past the barn fell.,garden path
The old man the boat.,garden path
While she dressed the baby slept.,garden path
The florist sent the flowers smiled.,garden path
Fire the of front in slept dog the.,shuffled
Roof red a with house a drew child the.,shuffled
Rain the in bus the for waited they.,shuffled
Sundays on bread bakes sister my.,shuffled"""

CLOZE = """{"text": "She opened the [MASK] with her key.", "candidates": ["door", "box", "river"], "expected": "door"}
{"text": "He drank a cup of [MASK].", "candidates": ["tea", "coffee", "sand"], "expected": "tea"}
{"text": "The [MASK] sang in the tree.", "candidates": ["bird", "birds", "stone"], "expected": "bird"}
{"text": "In winter the lake was covered with [MASK].", "candidates": ["ice", "snow", "paper"], "expected": "ice"}
{"text": "The doctor looked at his [MASK].", "candidates": ["hand", "knee", "cloud"], "expected": "hand"}
{"text": "They sailed across the [MASK].", "candidates": ["sea", "lake", "ceiling"], "expected": "sea"}"""
